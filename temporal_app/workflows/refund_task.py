"""A refund that finance makes by hand."""

from temporalio import workflow
from temporalio.common import VersioningBehavior

with workflow.unsafe.imports_passed_through():
    from temporal_app.activities import statements
    from temporal_app.messages import RefundMade
    from temporal_app.workflows import steps


@workflow.defn(versioning_behavior=VersioningBehavior.PINNED)
class RefundTaskWorkflow:
    """Notes that a member of staff has made a refund; the web only asks for it."""

    @workflow.run
    async def run(self, made: RefundMade) -> None:
        await steps.record(statements.record_refund_made, made)
