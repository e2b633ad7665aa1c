"""A person's correction of a stock, applied once."""

from temporalio import workflow
from temporalio.common import VersioningBehavior

with workflow.unsafe.imports_passed_through():
    from temporal_app.activities import stock
    from temporal_app.workflows import steps


@workflow.defn(versioning_behavior=VersioningBehavior.PINNED)
class StockAdjustmentWorkflow:
    """Applies one stock adjustment; the web only writes down what the person typed."""

    @workflow.run
    async def run(self, adjustment_id: int) -> None:
        await steps.record(stock.adjust_stock, adjustment_id)
