"""Client functions to orders, as their customers."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from asgiref.sync import sync_to_async
from temporalio.workflow import UpdateMethodMultiParam

from orders import labels
from orders.models import Order, TypedWords
from orders.rules import identifiers
from orders.rules.limits import CARD_TOKEN_LENGTH
from orders.rules.refusals import Refusal
from orders.rules.status import UNDONE, OrderStatus
from temporal_app import messages
from temporal_app.client.calls import Gone, client_function, send_update
from temporal_app.client.errors import Refused, StillWorking
from temporal_app.client.mirror import existing_order, refuse_ended, wait_until_visible
from temporal_app.workflows.order_saga import OrderSagaWorkflow

CARD_TAKES_AT_MOST = timedelta(seconds=20)


@client_function
async def pay(
    number: str, *, payment_method: str, amount: Decimal, card_token: str, by: str, request_id: str = ""
) -> str:
    """Pay an order by card; returns the transaction id, or nothing while the provider is still at work.

    The token does not enter the workflow's history; it is forgotten where the provider answers in time. Otherwise it
    stays among the words that people typed (`TypedWords`) until those go.
    """
    payment = messages.PaymentInfo(payment_method, amount, card_token, by)
    if len(card_token) < CARD_TOKEN_LENGTH:  # nor does it pass for the reference of somebody else's
        raise Refused(Refusal.CARD_TOKEN_INVALID)
    kept = await sync_to_async(TypedWords.keep)(card_token, by=by)
    try:
        transaction = await send_update(
            identifiers.order_saga(number),
            OrderSagaWorkflow.process_payment,
            replace(payment, card_token=kept),
            request_id=request_id,
            within=CARD_TAKES_AT_MOST,
        )
    except Refused:
        await sync_to_async(TypedWords.forget)(kept)
        raise
    except Gone:
        await sync_to_async(TypedWords.forget)(kept)
        await existing_order(number)
        raise Refused(Refusal.NOT_WAITING_FOR_PAYMENT, {"number": number}) from None
    if transaction:
        await sync_to_async(TypedWords.forget)(kept)
        await wait_until_visible(Order.objects.filter(number=number).exclude(status=OrderStatus.PENDING))
    return transaction or ""


@client_function
async def cancel_order(number: str, *, reason: str, by: str) -> str:
    """Undo an order; returns its status, which is not yet `cancelled` while the undoing takes its time,
    and `rollback_incomplete` where people have to see to a part of it.

    :param reason: one of those that customers choose from, or what a member of staff typed
    """
    chosen = reason in labels.cancel_reason.words
    said = reason if chosen else await sync_to_async(TypedWords.keep)(reason, by=by)
    request = messages.CancelRequest(said, by)
    try:
        status = await send_update(identifiers.order_saga(number), OrderSagaWorkflow.cancel, request)
    except Gone:
        order = await existing_order(number)
        if order.status not in UNDONE:
            params = {"number": number, "status": order.status}
            raise Refused(Refusal.TOO_LATE_TO_CANCEL, params) from None
        return order.status
    return status or (await existing_order(number)).status


@client_function
async def set_language(number: str, language: str) -> str:
    """Speak another language to the customer of an order; returns the previous one, which may be the same."""
    order = await existing_order(number)
    if order.language == language:
        return language  # the saga is not troubled with it
    try:
        previous = await send_update(identifiers.order_saga(number), OrderSagaWorkflow.set_language, language)
    except Refused as refused:
        if refused.code != Refusal.NOTHING_NEW:
            raise
        return language  # the order's row is about to say so
    except Gone:
        await refuse_ended(number)
    if previous is None:
        raise StillWorking
    return previous


@client_function
async def add_order_item(
    number: str, *, sku: str, quantity: int, by: str, request_id: str = ""
) -> messages.OrderTotals:
    """Add pieces of a product to a pending order."""
    item = messages.OrderItem(sku, quantity, by)
    return await _change(number, OrderSagaWorkflow.add_item, item, request_id)


@client_function
async def set_order_quantity(
    number: str, *, sku: str, quantity: int, by: str, request_id: str = ""
) -> messages.OrderTotals:
    """Have a pending order hold so many pieces of a product; zero takes it off."""
    item = messages.OrderItem(sku, quantity, by)
    return await _change(number, OrderSagaWorkflow.set_item_quantity, item, request_id)


async def _change(
    number: str,
    update: UpdateMethodMultiParam[[OrderSagaWorkflow, messages.OrderItem], messages.OrderTotals],
    item: messages.OrderItem,
    request_id: str,
) -> messages.OrderTotals:
    try:
        totals = await send_update(identifiers.order_saga(number), update, item, request_id=request_id)
    except Gone:
        await refuse_ended(number)
    if totals is None:
        raise StillWorking
    return totals
