"""Why an order is undone."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from orders.rules import actors
    from orders.rules.approvals import ApprovalOutcome
    from orders.rules.refusals import Refusal
    from temporal_app.messages import CancelRequest, Ending
    from temporal_app.workflows import steps

# Why an order may end, besides a cancellation; whatever else goes wrong has `failed`.
ENDINGS = {*Refusal, *ApprovalOutcome, "payment_deadline", "shipment_deadline"}


def ending_of(number: str, failure: BaseException, *, cancelled: CancelRequest | None) -> Ending:
    """Why an order ends: what was asked for, or the innermost reason of what failed."""
    if cancelled is not None:
        return Ending(number, "cancelled", cancelled.reason, cancelled.by)
    if steps.is_cancelled():  # in Temporal itself, which does not say by whom
        return Ending(number, "in_temporal", "", actors.SYSTEM)
    while isinstance(failure, FailureError) and failure.cause is not None:
        failure = failure.cause
    reason = failure.message if isinstance(failure, FailureError) else type(failure).__name__
    if not isinstance(failure, ApplicationError) or failure.type is None or failure.type not in ENDINGS:
        return Ending(number, "failed", reason, actors.SYSTEM)
    by = failure.details[0] if failure.type == ApprovalOutcome.REJECTED else actors.SYSTEM
    return Ending(number, failure.type, reason, by)
