"""The parcel of an order, from the booking at the carrier to the doorstep."""

from django.db import transaction
from django.utils import timezone

from orders.models import Order, Product, Shipment
from orders.models.notification import MailKind
from orders.rules import actors
from orders.rules.order_events import OrderEvent
from orders.rules.states import ReservationState, ShipmentState
from orders.rules.status import OrderStatus, WaitingFor
from orders.shipping import carrier
from orders.shipping.carrier import Carrier, CarrierRefused
from temporal_app.activities.outbox import alert_operations, mail_customer
from temporal_app.activities.outside import asking
from temporal_app.activities.recording import FinalErrors, locked_for_step, moment, record_timeline_entry, shop_activity
from temporal_app.messages import LateShipment, OrderStep, Shipped

# What a carrier refuses for good; it is not asked again. `CarrierUnavailable` is.
CARRIER_REFUSALS: FinalErrors = {CarrierRefused: "CarrierRefused"}


@shop_activity(transactions="several", final=CARRIER_REFUSALS)
def schedule_shipping(step: OrderStep) -> None:
    """Book the parcel at the carrier, and tell the warehouse by when it has to leave.

    :raises RuleBroken: the order is being undone; then the booking is cancelled again
    """
    booking = _carrier(step).book(order_number=step.number, key=_key(step, "book"))
    with transaction.atomic():
        order = Order.objects.locked(step.number)
        late = order.undo_started_at is not None
        if not late and order.status == OrderStatus.PAID:
            booked = {"booking": booking, "scheduled_at": timezone.now()}
            Shipment.objects.get_or_create(order=order, defaults=booked)
            order.wait_for(WaitingFor.SHIPMENT, moment(step.until))
            record_timeline_entry(order, OrderEvent.SHIPPING_SCHEDULED, by=step.by)
    if late:
        _carrier(step).cancel(booking=booking, key=_key(step, "unbook"))
        locked_for_step(step.number)


@shop_activity(transactions="several", final=CARRIER_REFUSALS)
def cancel_shipping(step: OrderStep) -> None:
    """Take the booking at the carrier back, if there is one; asked of the carrier where its answer was lost."""
    shipment = Shipment.objects.filter(order__number=step.number).first()
    booking = (shipment and shipment.booking) or _carrier(step).find(order_number=step.number, key=_key(step, "book"))
    if not booking:
        return
    _carrier(step).cancel(booking=booking, key=_key(step, "unbook"))
    with transaction.atomic():
        order = Order.objects.locked(step.number)
        shipment, _new = Shipment.objects.get_or_create(order=order)
        shipment.move_to(ShipmentState.CANCELLED, booking=booking)
        record_timeline_entry(order, OrderEvent.SHIPPING_CANCELLED, by=step.by)


def _carrier(step: OrderStep) -> Carrier:
    return asking(carrier(), number=step.number)


def _key(step: OrderStep, call: str) -> str:
    return f"{step.number}:{call}"


@shop_activity(transactions="one")
def record_shipped(shipped: Shipped) -> None:
    """The parcel has left: the goods leave the stock, the customer gets the tracking number."""
    order = Order.objects.locked(shipped.number)
    if order.status == OrderStatus.DELIVERED:
        return  # said again by a fulfilment that took the place of one that was lost at the very end
    shipping = shipped.shipping
    order.move_to(OrderStatus.SHIPPED, waiting_for=WaitingFor.DELIVERY, until=moment(shipped.until))
    for reservation in order.reservations.filter(state=ReservationState.HELD).order_by("product_id"):
        reservation.move_to(ReservationState.SHIPPED)
        Product.objects.filter(pk=reservation.product_id).ship(reservation.quantity)
    shipment, _new = Shipment.objects.get_or_create(order=order)
    shipment.move_to(
        ShipmentState.SHIPPED,
        carrier=shipping.carrier,
        tracking_number=shipping.tracking_number,
        shipped_at=timezone.now(),
    )
    record_timeline_entry(
        order,
        OrderEvent.SHIPPED,
        by=shipping.by,
        carrier=shipping.carrier,
        tracking_number=shipping.tracking_number,
    )
    mail_customer(order, MailKind.ORDER_SHIPPED)


@shop_activity(transactions="one")
def record_delivered(step: OrderStep) -> None:
    """The parcel has arrived."""
    order = Order.objects.locked(step.number)
    order.move_to(OrderStatus.DELIVERED)
    order.shipment.move_to(ShipmentState.DELIVERED, delivered_at=timezone.now())
    record_timeline_entry(order, OrderEvent.DELIVERED, by=step.by)
    mail_customer(order, MailKind.ORDER_DELIVERED)


@shop_activity(transactions="one")
def report_late_shipment(late: LateShipment) -> None:
    """Tell operations that a paid order has not left the house in time."""
    order = Order.objects.locked(late.number)
    order.wait_for(WaitingFor.SHIPMENT, moment(late.until))
    record_timeline_entry(order, OrderEvent.SHIPMENT_LATE, by=actors.SYSTEM, key=str(late.alert))
    alert_operations(order, MailKind.SHIPMENT_LATE, key=str(late.alert))
