"""What becomes of a payment event, whichever way it came in."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from temporal_app.activities import payment_events
    from temporal_app.messages import PaidOrder
    from temporal_app.workflows import steps
    from temporal_app.workflows.paid_orders import tell_saga
    from temporal_app.workflows.second_person import ask_second_person


@workflow.defn
class PaymentMatchingWorkflow:
    """Matches one payment event with its order and tells the order's saga; one that nobody waits for is kept for a
    person."""

    @workflow.run
    async def run(self, payment_event_id: int) -> str:
        return await match(payment_event_id)


async def match(payment_event_id: int) -> str:
    """Match a payment event, once, and tell the saga of its order; returns its outcome. One that needs a second
    person's approval is left to that, which has it matched again."""
    result = await steps.record(payment_events.match_payment_event, payment_event_id)
    if result.approval is not None:
        await ask_second_person(result.approval)
    if result.confirmation is not None:
        await tell_saga(PaidOrder(result.number, payment_event_id, result.confirmation))
    return result.outcome
