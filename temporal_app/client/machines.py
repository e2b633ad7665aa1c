"""Client functions for payments that a machine or a person reports."""

from django.db.models import Q

from orders.models import PaymentEvent
from orders.rules import identifiers
from orders.rules.refusals import Refusal
from orders.rules.states import PaymentEventOutcome
from temporal_app import names
from temporal_app.client.calls import UNLESS_DONE, Gone, client_function, ended, send_update, start_once
from temporal_app.client.errors import Refused, StillWorking
from temporal_app.client.four_eyes import refuse_own
from temporal_app.client.mirror import wait_until_visible
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from temporal_app.workflows.payment_matching import PaymentMatchingWorkflow


@client_function
async def match_payment_event(payment_event_id: int) -> None:
    """Have a stored payment event matched with its order; asked again, it is matched once."""
    await _match(payment_event_id)


@client_function
async def report_payment(payment_event_id: int) -> PaymentEvent:
    """Have a payment matched that a person has reported; returns the payment event, with what has become of it by
    now.

    One that needs a second person's approval is left as it was received, until that is given.

    :raises Refused: the order is their own, or is being undone
    :raises StillWorking: it matches, but its order has not taken it yet
    """
    told = await PaymentEvent.objects.aget(pk=payment_event_id)
    await refuse_own(told.order_number, told.reported_by)  # so that nothing is begun
    if await ended(await _match(payment_event_id)):
        asked_or_matched = ~Q(outcome=PaymentEventOutcome.RECEIVED) | Q(approval__isnull=False)
        await wait_until_visible(PaymentEvent.objects.filter(asked_or_matched, pk=payment_event_id))
    payment_event = await PaymentEvent.objects.select_related("approval").aget(pk=payment_event_id)
    if payment_event.outcome == PaymentEventOutcome.REFUSED:
        raise Refused(Refusal.NOT_COUNTED)
    return await weighed(payment_event)


async def weighed(payment_event: PaymentEvent) -> PaymentEvent:
    """A payment event, once the saga of the order that it was matched with has taken it, or given it back.

    Matching goes by the database, in which a cancellation shows a moment after the saga has accepted it.
    """
    if payment_event.outcome != PaymentEventOutcome.MATCHED:
        return payment_event
    saga = identifiers.order_saga(payment_event.order_number)
    try:
        if await send_update(saga, OrderSagaWorkflow.took_payment, payment_event.pk) is None:
            raise StillWorking
    except Gone:  # also that was found out by who told it, and written down
        pass
    await payment_event.arefresh_from_db()
    return payment_event


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
