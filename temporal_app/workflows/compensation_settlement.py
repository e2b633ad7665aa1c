"""A step that a person has undone outside the shop."""

from temporalio import workflow
from temporalio.common import VersioningBehavior

with workflow.unsafe.imports_passed_through():
    from temporal_app.activities import reversals
    from temporal_app.workflows import steps


@workflow.defn(versioning_behavior=VersioningBehavior.PINNED)
class CompensationSettlementWorkflow:
    """Notes that a person has settled a failed reversal by hand; the web only asks for it."""

    @workflow.run
    async def run(self, decision_id: int) -> None:
        await steps.record(reversals.settle_by_hand, decision_id)
