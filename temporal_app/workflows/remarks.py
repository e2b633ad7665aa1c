"""What a saga writes on its order's timeline about reports that it could not use."""

from decimal import Decimal

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from orders.rules.order_events import OrderEvent
    from temporal_app.activities import orders, payment_events
    from temporal_app.messages import PaymentConfirmation, TimelineMessage, UnusedPayment
    from temporal_app.workflows import steps


async def refuse_request(number: str, request: str, *, by: str) -> None:
    """A machine reported something that cannot be."""
    await _note(number, OrderEvent.REQUEST_REFUSED, by=by, request=request)


async def refuse_payment(number: str, confirmation: PaymentConfirmation, *, total: Decimal, closing: bool) -> None:
    """Money came that cannot be for this order: noted, and put before a person, if it is known as a payment event.

    :param closing: whether the order is being undone
    """
    amounts = {"amount": str(confirmation.amount), "total": str(total)}
    reference = confirmation.reference
    await _note(number, OrderEvent.PAYMENT_REFUSED, by=confirmation.by, reference=reference, **amounts)
    if confirmation.payment_event_id:
        await steps.record(payment_events.release_payment_event, UnusedPayment(confirmation.payment_event_id, closing))


async def disown_payment(paid: PaymentConfirmation | None) -> None:
    """Money that came before it was asked for goes before a person: no hold of ours stands for it."""
    if paid is not None and paid.payment_event_id:
        await steps.record(payment_events.release_payment_event, UnusedPayment(paid.payment_event_id, closing=True))


async def _note(number: str, kind: OrderEvent, *, by: str, **data: str) -> None:
    event = TimelineMessage(number, kind, by, key=str(workflow.uuid4()), data=data)
    await steps.record(orders.record_order_event, event)
