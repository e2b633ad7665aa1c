"""Client functions for payments that a machine or a person reports."""

from orders.models import PaymentEvent
from orders.rules import identifiers
from temporal_app import names
from temporal_app.client.calls import UNLESS_DONE, client_function, ended, start_once
from temporal_app.workflows.payment_matching import PaymentMatchingWorkflow


@client_function
async def match_payment_event(payment_event_id: int) -> None:
    """Have a stored payment event matched with its order; asked again, it is matched once."""
    await _match(payment_event_id)


@client_function
async def report_payment(payment_event_id: int) -> PaymentEvent:
    """Have a payment matched that a person has reported; returns the payment event, with what has become of it by
    now."""
    await ended(await _match(payment_event_id))
    return await PaymentEvent.objects.aget(pk=payment_event_id)


async def _match(payment_event_id: int) -> str:
    workflow_id = identifiers.payment_matching(payment_event_id)
    await start_once(
        PaymentMatchingWorkflow.run,
        payment_event_id,
        id=workflow_id,
        task_queue=names.ORDERS_QUEUE,
        id_reuse_policy=UNLESS_DONE,
    )
    return workflow_id
