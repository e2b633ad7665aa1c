"""Client functions to orders and stock, as staff; those to approvals are in `approvals`."""

from orders.models import Order, StockAdjustment
from orders.rules import identifiers
from orders.rules.limits import adjustment_refusal
from orders.rules.refusals import Refusal
from orders.rules.status import OrderStatus
from temporal_app import messages, names
from temporal_app.client.calls import Gone, client_function, ended, send_update, start_once
from temporal_app.client.errors import Refused, StillWorking
from temporal_app.client.mirror import existing_order, refuse_ended, wait_until_visible
from temporal_app.workflows.order_fulfillment import OrderFulfillmentWorkflow
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from temporal_app.workflows.stock_adjustment import StockAdjustmentWorkflow


@client_function
async def mark_shipped(number: str, *, carrier: str, tracking_number: str, by: str) -> str:
    """Have the saga take that an order's parcel has left the house; returns the order's status.

    :raises Refused: the order is not to be shipped, or is being undone: the parcel must not leave
    :raises StillWorking: nobody has said yet whether it may
    """
    shipping = messages.ShippingInfo(carrier, tracking_number, by)
    try:
        status = await send_update(identifiers.order_saga(number), OrderSagaWorkflow.ship, shipping)
    except Gone:
        await refuse_ended(number)
    if status is None:
        raise StillWorking
    await wait_until_visible(Order.objects.filter(number=number).exclude(status=OrderStatus.PAID))
    return status


@client_function
async def mark_delivered(number: str, *, by: str) -> str:
    """Have the fulfilment take that an order's parcel has arrived; returns the order's status.

    :raises Refused: it has not left
    :raises StillWorking: it is still to be written down
    """
    delivery = messages.DeliveryInfo(by)
    try:
        status = await send_update(identifiers.fulfillment(number), OrderFulfillmentWorkflow.deliver, delivery)
    except Gone:
        order = await existing_order(number)
        if order.status == OrderStatus.DELIVERED:
            return order.status
        params = {"what": number, "status": order.status, "target": OrderStatus.DELIVERED}
        raise Refused(Refusal.ILLEGAL_TRANSITION, params) from None
    if status is None:
        raise StillWorking
    return status


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
