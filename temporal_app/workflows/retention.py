"""Removing, every night, what the shop has kept of people for long enough."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from temporal_app import policies
    from temporal_app.activities import retention
    from temporal_app.messages import RetentionBatch


@workflow.defn
class RetentionWorkflow:
    """Goes over everything that is kept for a time; what is wrong with one kind stops none of the others."""

    @workflow.run
    async def run(self) -> dict[str, int]:
        """:returns: how many rows of each kind were removed, or lost the names in them"""
        removed: dict[str, int] = {}
        failed = []
        for what in await workflow.execute_activity(retention.list_kept, **policies.REPAIR):
            try:
                removed[what] = await self._remove(RetentionBatch(what, workflow.time()))
            except ActivityError as failure:
                workflow.logger.error("%s could not be removed: %s", what, failure.cause)
                failed.append(what)
        if failed:  # the watch over workflows tells operations
            raise ApplicationError(f"not removed: {', '.join(failed)}", non_retryable=True)
        return removed

    async def _remove(self, batch: RetentionBatch) -> int:
        """A batch after the other, but for what is left to the next night."""
        total = 0
        for _number in range(policies.MOST_BATCHES):
            count = await workflow.execute_activity(retention.remove_expired, batch, **policies.REPAIR)
            total += count
            if not count:
                break
        return total
