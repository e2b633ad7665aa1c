"""What happens to an order of the demo: each step goes through the door that a person or a machine would take.

A step taken again, after a run that was broken off, has the effect of one.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from orders.management.demo import outside
from orders.models import Order, PaymentEvent, Refund
from orders.payments.sandbox import CLOSED_ACCOUNT, DECLINED_CARD, SandboxGateway
from orders.rules import actors
from orders.rules.approvals import LevelState
from orders.rules.order_events import OrderEvent
from orders.rules.states import PaymentEventOutcome, PaymentState, RefundStage
from orders.rules.status import OrderStatus, WaitingFor
from temporal_app import client
from temporal_app.activities import shipping
from temporal_app.client.errors import Refused
from temporal_app.messages import LateShipment

GOOD_CARD = "tok_demo_good_card"


@dataclass(frozen=True)
class Step:
    """Something that happened `days` ago.

    :param take: does it, for an order on a day
    :param over: whether an order's rows show that it has happened, and what follows from it by itself as well
    :param then: what the order waits for from now on, where that changes
    """

    days: float
    take: Callable[[Order, date], None]
    over: Callable[[Order], bool]
    then: WaitingFor | None = None


def staff(username: str) -> str:
    """A member of the demo's staff, as `by`."""
    return actors.user(User.objects.get(username=username).pk)


def buyer(order: Order) -> str:
    """Whose order it is, as `by`."""
    return actors.customer(order.customer_id)


def waits(order: Order) -> bool:
    """Whether a new order has come to its first rest, or beyond."""
    return bool(order.waiting_for) or order.status != OrderStatus.PENDING or order.undo_started_at is not None


# Approval


def approve(days: float, role: str, *, last: bool = False) -> Step:
    """Somebody approves for a role; `last` where nobody else is asked."""

    def take(order: Order, on: date) -> None:
        client.decide("order", order.number, role=role, approved=True, by=staff(role))

    def over(order: Order) -> bool:
        decided = order.approval.levels.filter(role=role).exclude(state=LevelState.PENDING).exists()
        return decided and (not last or order.waiting_for == WaitingFor.PAYMENT or _is_beyond_payment(order))

    return Step(days, take, over, WaitingFor.PAYMENT if last else None)


def reject(days: float, role: str, comment: str) -> Step:
    """Somebody rejects, and the order is undone."""

    def take(order: Order, on: date) -> None:
        client.decide("order", order.number, role=role, approved=False, comment=comment, by=staff(role))

    return Step(days, take, _has_ended)


# Money


def card(days: float, token: str = GOOD_CARD) -> Step:
    """The customer pays by card."""

    def take(order: Order, on: date) -> None:
        how = {"payment_method": SandboxGateway.name, "card_token": token, "request_id": f"{order.cart_id}-{token}"}
        client.pay(order.number, amount=order.total, by=buyer(order), **how)

    return Step(days, take, _is_booked, WaitingFor.SHIPMENT)


def card_that_closes(days: float) -> Step:
    """The customer pays by a card to which nothing can be paid back."""
    return card(days, CLOSED_ACCOUNT)


def declined(days: float) -> Step:
    """The customer's card is declined; nothing in the shop changes."""

    def take(order: Order, on: date) -> None:
        with contextlib.suppress(Refused):
            card(days, DECLINED_CARD).take(order, on)

    return Step(days, take, waits)


def reported(days: float, event: str, *, times: str = "1", more: str = "0") -> Step:
    """The provider's webhook reports money: the total, so many times of it, and more."""

    def take(order: Order, on: date) -> None:
        payment = order.payments.filter(state=PaymentState.HELD).last()
        amount = (order.total * Decimal(times) + Decimal(more)).quantize(Decimal("0.01"))
        reference = payment.reference if payment else f"again-{order.cart_id}"
        name = f"{order.cart_id}-{event}"
        outside.provider_reports(name, number=order.number, amount=amount, reference=reference)

    def over(order: Order) -> bool:
        return is_judged(Q(event_id=f"{order.cart_id}-{event}"))

    return Step(days, take, over)


def transferred(days: float, *, times: str = "1") -> Step:
    """The bank's statement of a day has a transfer for the order: the total, or so many times of it."""

    def take(order: Order, on: date) -> None:
        amount = (order.total * Decimal(times)).quantize(Decimal("0.01"))
        purpose = f"Order {order.number}"
        outside.bank_reports(_statement(order), on=on, amount=amount, purpose=purpose, payer=order.name)

    def over(order: Order) -> bool:
        judged = is_judged(Q(statement_line__statement__name=_statement(order)))
        return judged and (times != "1" or _is_booked(order) or _has_ended(order))

    return Step(days, take, over, WaitingFor.SHIPMENT if times == "1" else None)


def _statement(order: Order) -> str:
    return f"{order.cart_id}.sta"


def is_judged(named: Q) -> bool:
    """Whether a payment event has been matched, or is known not to match."""
    return PaymentEvent.objects.filter(named).exclude(outcome=PaymentEventOutcome.RECEIVED).exists()


def refund(days: float, reason: str, *, goods_return: bool) -> Step:
    """Finance refunds one piece of the first line; from 100.00 on a manager has to approve."""

    def take(order: Order, on: date) -> None:
        line = order.lines.order_by("pk")[0]
        asked = {"amount": line.unit_price, "currency": order.currency, "goods_return": goods_return, "reason": reason}
        row, new = Refund.objects.get_or_create(
            request_key=order.cart_id,
            defaults={"order": order, "asked_by": User.objects.get(username="finance"), **asked},
        )
        if new:
            row.lines.create(line=line, quantity=1)
        client.refund_in_part(row.pk)

    def over(order: Order) -> bool:
        return order.refunds.filter(Q(state=RefundStage.DONE) | Q(approval__isnull=False)).exists()

    return Step(days, take, over)


# Goods


def ship(days: float, carrier: str, tracking_number: str) -> Step:
    """The warehouse says that the parcel has left."""

    def take(order: Order, on: date) -> None:
        client.mark_shipped(order.number, carrier=carrier, tracking_number=tracking_number, by=staff("warehouse"))

    return Step(days, take, lambda order: order.shipment.shipped_at is not None, WaitingFor.DELIVERY)


def deliver(days: float) -> Step:
    """The warehouse hears that the parcel has arrived."""

    def take(order: Order, on: date) -> None:
        client.mark_delivered(order.number, by=staff("warehouse"))

    return Step(days, take, _has_ended)


def late(days: float) -> Step:
    """Operations are told that the parcel has not left in time; the warehouse has the same time once more.

    The fulfilment, whose first alert is still to come, does what is done here, and it is done once.
    """

    def take(order: Order, on: date) -> None:
        assert order.waiting_until is not None
        shipping.report_late_shipment(LateShipment(order.number, 1, order.waiting_until.timestamp()))

    def over(order: Order) -> bool:
        return order.timeline.filter(kind=OrderEvent.SHIPMENT_LATE).exists()

    return Step(days, take, over, WaitingFor.SHIPMENT)


# The way back


def cancel(days: float, reason: str, *, by: str = "") -> Step:
    """The customer, or a member of staff, cancels the order."""

    def take(order: Order, on: date) -> None:
        client.cancel_order(order.number, reason=reason, by=staff(by) if by else buyer(order))

    return Step(days, take, _has_ended)


def lapse(days: float) -> Step:
    """A deadline passes: the order was given a second for what it waits for."""
    return Step(days, lambda order, on: None, _has_ended)


def _is_booked(order: Order) -> bool:
    return hasattr(order, "shipment")


def _has_ended(order: Order) -> bool:
    return order.ended_at is not None or order.status == OrderStatus.ROLLBACK_INCOMPLETE


def _is_beyond_payment(order: Order) -> bool:
    return order.status != OrderStatus.PENDING or order.undo_started_at is not None


def day_of(days: float) -> date:
    """The date so many days ago."""
    return timezone.localdate(timezone.now() - timedelta(days=days))
