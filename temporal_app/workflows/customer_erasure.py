"""Forgetting a customer who wants to be forgotten."""

from temporalio import workflow
from temporalio.common import VersioningBehavior

with workflow.unsafe.imports_passed_through():
    from temporal_app import policies
    from temporal_app.activities import erasures


@workflow.defn(versioning_behavior=VersioningBehavior.PINNED)
class CustomerErasureWorkflow:
    """Carries one erasure out; the web only writes down that somebody asked for it."""

    @workflow.run
    async def run(self, record_id: int) -> None:
        await workflow.execute_activity(erasures.erase_customer, record_id, **policies.RECORD_DURABLY)
