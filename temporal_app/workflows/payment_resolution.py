"""Carrying out what a person decided about a payment that did not match."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from orders.models.resolution import ResolutionAction
    from orders.rules.refusals import Refusal
    from temporal_app import policies
    from temporal_app.activities import resolutions
    from temporal_app.messages import ResolutionRefusal
    from temporal_app.workflows import steps
    from temporal_app.workflows.order_start import start_order_saga
    from temporal_app.workflows.paid_orders import tell_saga


@workflow.defn
class PaymentResolutionWorkflow:
    """Sends money back, matches it with another order or in spite of a difference, places the order anew, or puts the
    payment aside; what cannot be done is said, and changes nothing."""

    @workflow.run
    async def run(self, decision_id: int) -> str:
        try:
            action = await steps.record(resolutions.check_decision, decision_id)
            if action == ResolutionAction.REFUND:
                await steps.call_provider(resolutions.send_back, decision_id, policies.UNDO)
            elif action == ResolutionAction.IGNORE:
                await steps.record(resolutions.put_aside, decision_id)
            else:
                if action == ResolutionAction.REOPEN:
                    await self._place_anew(decision_id)
                await self._hand_to_order(decision_id)
        except FailureError as failure:
            await steps.record(resolutions.refuse_decision, _refusal(decision_id, failure))
            return "refused"
        return "done"

    async def _place_anew(self, decision_id: int) -> None:
        order = await steps.record(resolutions.place_anew, decision_id)
        await start_order_saga(order)

    async def _hand_to_order(self, decision_id: int) -> None:
        """Tell the order's saga; if that has ended meanwhile, the payment is back in front of people."""
        paid = await steps.record(resolutions.hand_to_order, decision_id)
        if paid is not None:
            await tell_saga(paid)


def _refusal(decision_id: int, failure: BaseException | None) -> ResolutionRefusal:
    while isinstance(failure, FailureError):
        if isinstance(failure, ApplicationError) and failure.type in list(Refusal):
            return ResolutionRefusal(decision_id, failure.type, failure.details[0] if failure.details else {})
        failure = failure.cause
    return ResolutionRefusal(decision_id, Refusal.CANNOT_SEND_BACK)
