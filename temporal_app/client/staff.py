"""Client functions to orders and stock, as staff; those to approvals are in `approvals`."""

from orders.models import Order, StockAdjustment
from orders.rules import identifiers
from orders.rules.limits import adjustment_refusal
from orders.rules.refusals import Refusal
from orders.rules.status import OrderStatus, WaitingFor
from temporal_app import messages, names
from temporal_app.client.calls import Gone, client_function, ended, send_signal, start_once
from temporal_app.client.errors import Refused
from temporal_app.client.mirror import existing_order, refuse_ended, wait_until_visible
from temporal_app.workflows.order_fulfillment import OrderFulfillmentWorkflow
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from temporal_app.workflows.stock_adjustment import StockAdjustmentWorkflow


@client_function
async def mark_shipped(number: str, *, carrier: str, tracking_number: str, by: str) -> None:
    """Report that an order's parcel has left the house."""
    order = await existing_order(number)
    if order.waiting_for != WaitingFor.SHIPMENT:
        raise Refused(Refusal.NOT_WAITING_FOR_SHIPMENT, {"number": number})
    shipping = messages.ShippingInfo(carrier, tracking_number, by)
    try:
        await send_signal(identifiers.order_saga(number), OrderSagaWorkflow.mark_shipped, shipping)
    except Gone:
        await refuse_ended(number)
    await wait_until_visible(Order.objects.filter(number=number, status=OrderStatus.SHIPPED))


@client_function
async def mark_delivered(number: str, *, by: str) -> None:
    """Report that an order's parcel has arrived. The saga hears of it when the fulfilment ends."""
    order = await existing_order(number)
    if order.waiting_for != WaitingFor.DELIVERY:
        params = {"what": number, "status": order.status, "target": OrderStatus.DELIVERED}
        raise Refused(Refusal.ILLEGAL_TRANSITION, params)
    try:
        delivery = messages.DeliveryInfo(by)
        await send_signal(identifiers.fulfillment(number), OrderFulfillmentWorkflow.mark_delivered, delivery)
    except Gone:
        await refuse_ended(number)
    await wait_until_visible(Order.objects.filter(number=number, status=OrderStatus.DELIVERED))


@client_function
async def adjust_stock(adjustment_id: int) -> None:
    """Have a stock adjustment applied that a person has written down; tells where it cannot be."""
    id = identifiers.stock_adjustment(adjustment_id)
    await start_once(StockAdjustmentWorkflow.run, adjustment_id, id=id, task_queue=names.ORDERS_QUEUE)
    await ended(id)
    adjustment = await StockAdjustment.objects.select_related("product").filter(pk=adjustment_id).afirst()
    if adjustment is not None and adjustment.refused:
        product = adjustment.product
        why = adjustment_refusal(name=product.name, delta=adjustment.delta, available=product.available)
        raise Refused(why.code, why.params)
