"""Placing an order that was not paid in time anew, because a person says so."""

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from temporal_app.activities import placing_anew
    from temporal_app.messages import Reopened, Reopening
    from temporal_app.workflows import steps
    from temporal_app.workflows.order_start import start_order_saga
    from temporal_app.workflows.sending_back import refusal_in


@workflow.defn(versioning_behavior=VersioningBehavior.PINNED)
class OrderReopeningWorkflow:
    """Writes the new order and has it carried; what cannot be placed anew is said, and changes nothing."""

    @workflow.run
    async def run(self, reopening: Reopening) -> Reopened:
        try:
            order = await steps.record(placing_anew.reopen_order, reopening)
        except FailureError as failure:
            refused = refusal_in(failure)
            if refused is None:  # it was broken off; the same, sent again, takes it up
                raise
            return Reopened(refusal=refused[0], details=refused[1])
        await start_order_saga(order)
        return Reopened(number=order.number)
