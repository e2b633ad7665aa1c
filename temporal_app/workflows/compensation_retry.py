"""Trying once more to undo a step that could not be undone."""

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from temporal_app import policies
    from temporal_app.activities import reversals, stock
    from temporal_app.messages import OrderStep, RetryOutcome, UndoRetry
    from temporal_app.workflows import steps
    from temporal_app.workflows.undo import UNDO_OF, called_by


@workflow.defn(versioning_behavior=VersioningBehavior.PINNED)
class CompensationRetryWorkflow:
    """Runs the same undo that the order ran, and writes down how it went; the outcome is the provider's, not ours."""

    @workflow.run
    async def run(self, failure_id: int) -> str:
        retry = await steps.record(reversals.begin_retry, failure_id)
        if retry is None:
            return "not wanted"
        error = await _undo(retry)
        await steps.record(reversals.record_retry, RetryOutcome(retry.decision_id, error))
        return "failed" if error else "undone"


async def _undo(retry: UndoRetry) -> str:
    """Undo the step; returns why that was not possible, or nothing."""
    if retry.step not in UNDO_OF:
        return f"there is no undo of {retry.step}"
    undos = [UNDO_OF[retry.step]]
    if retry.step == "shipping":  # what left the house and is taken back is free again as well
        undos.append(stock.release_stock)
    try:
        for undo in undos:
            step = OrderStep(retry.number, by=retry.by)
            await steps.call_provider(undo, step, policies.RETRY_UNDO, whom=called_by(undo, retry.payment_method))
    except (ActivityError, ApplicationError) as failure:
        return str(failure.cause or failure)
    return ""
