"""What an approval lets happen: the errand that asked for it, begun anew."""

from collections.abc import Callable
from types import MappingProxyType

from temporalio import workflow
from temporalio.exceptions import WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from orders.rules import identifiers
    from temporal_app import names, policies

IDS: MappingProxyType[str, Callable[[int], str]] = MappingProxyType(
    {
        "mark_paid": identifiers.payment_matching,
        "accept_difference": identifiers.payment_resolution,
        "credit_payment": identifiers.payment_resolution,
        "credit": identifiers.credit_adjustment,
    }
)


async def begin(kind: str, subject: str) -> None:
    """Begin it, which goes on by itself; where it is under way, because somebody has sent it again, after that."""
    while True:
        try:
            await workflow.start_child_workflow(
                names.AFTER_APPROVAL[kind],
                int(subject),
                id=IDS[kind](int(subject)),
                task_queue=names.ORDERS_QUEUE,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            )
        except WorkflowAlreadyStartedError:
            await workflow.sleep(policies.ERRAND_AGAIN)
        else:
            return
