"""Sharing a payment out among several orders, in one step: all shares, or none."""

from collections.abc import Iterator
from decimal import Decimal

from django.utils import timezone

from orders.models import Order, PaymentEvent, Resolution
from orders.models.resolution import ResolutionAction
from orders.payments import books, parts
from orders.rules import actors
from orders.rules.order_events import OrderEvent
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import MismatchReason, PaymentEventOutcome, ResolutionState
from orders.rules.status import OrderStatus
from temporal_app.activities.payment_events import match_and_record, paid_with
from temporal_app.activities.recording import record_timeline_entry, shop_activity
from temporal_app.activities.second_person import check_approved
from temporal_app.messages import PaidOrder, Split


@shop_activity(transactions="one")
def share_out(decision_id: int) -> list[PaidOrder]:
    """Give each order its share of a payment; what is over is put before people as a payment of its own.

    :returns: the orders whose money is complete now, also where that was decided before
    :raises RuleBroken: it cannot be shared out like this; then nothing is
    """
    decision = Resolution.objects.get(pk=decision_id)
    payment_event = PaymentEvent.objects.select_for_update().get(pk=decision.payment_event_id)
    shares = {number: Decimal(amount) for number, amount in sorted(decision.shares)}
    orders = {number: Order.objects.locked(number) for number in shares}  # one after the other, always the same way
    if decision.state == ResolutionState.REQUESTED:
        _check(payment_event, shares, orders)
        left = payment_event.amount - sum(shares.values())
        for number, amount in shares.items():
            _give(decision, payment_event, orders[number], amount)
        if left > 0:
            rest = payment_event.share(event_id=f"share:{decision.pk}:rest", order_number="", amount=left)
            books.shared_out(payment_event, rest)
            rest.move_to(PaymentEventOutcome.UNMATCHED, MismatchReason.REMAINDER)
        payment_event.move_to(PaymentEventOutcome.RESOLVED, payment_event.reason)
        decision.move_to(ResolutionState.DONE, at=timezone.now(), result=", ".join(shares)[:120], left=str(left))
    return list(_paid(payment_event))


@shop_activity(transactions="one")
def split(decision_id: int) -> Split:
    """Of a payment that is too much, give the order its share; what is over is put before people with what they have
    decided about it already. Any other payment is decided about as a whole.

    :raises RuleBroken: its order does not wait for it any more; then nothing is done
    """
    decision = Resolution.objects.get(pk=decision_id)
    payment_event = PaymentEvent.objects.select_for_update().get(pk=decision.payment_event_id)
    if decision.mismatch != MismatchReason.TOO_MUCH:
        return Split(decision.pk)
    order = Order.objects.locked(payment_event.order_number)
    if decision.state == ResolutionState.REQUESTED:
        missing = parts.missing(order)
        decision.payment_event = payment_event
        if decision.action == ResolutionAction.CREDIT:
            check_approved(decision)
        _check(payment_event, {order.number: missing}, {order.number: order})
        _give(decision, payment_event, order, missing)
        left = payment_event.amount - missing
        rest = payment_event.share(event_id=f"share:{decision.pk}:rest", order_number="", amount=left)
        books.shared_out(payment_event, rest)
        rest.move_to(PaymentEventOutcome.UNMATCHED, MismatchReason.REMAINDER)
        payment_event.move_to(PaymentEventOutcome.RESOLVED, payment_event.reason)
        back = decision.action == ResolutionAction.GIVE_BACK
        Resolution.objects.create(
            payment_event=rest,
            action=ResolutionAction.REFUND if back else ResolutionAction.CREDIT,
            reason=decision.reason,
            mismatch=rest.reason,
            decided_by=decision.decided_by,
        )
        decision.move_to(ResolutionState.DONE, at=timezone.now(), result=order.number, left=str(left))
    rest = payment_event.shares.get(event_id=f"share:{decision.pk}:rest")
    then = rest.decisions.order_by("pk").values_list("pk", flat=True)[0]
    return Split(then, tuple(_paid(payment_event)))


def _check(payment_event: PaymentEvent, shares: dict[str, Decimal], orders: dict[str, Order]) -> None:
    """:raises RuleBroken: more than came in, or a share that its order does not wait for"""
    total = sum(shares.values())
    if total > payment_event.amount or not shares or min(shares.values()) <= 0:
        raise RuleBroken(Refusal.SHARES_EXCEED_PAYMENT, total=total, amount=payment_event.amount)
    for number, order in orders.items():
        if order.status != OrderStatus.PENDING or order.undo_started_at:
            status = OrderStatus.CANCELLED if order.undo_started_at else order.status
            raise RuleBroken(Refusal.ORDER_NOT_PENDING, number=number, status=status)
        if order.currency != payment_event.currency:
            raise RuleBroken(Refusal.SHARE_IN_OTHER_CURRENCY, number=number, currency=order.currency)
        if order.payment_method != payment_event.provider:
            raise RuleBroken(Refusal.SHARE_OTHER_METHOD, number=number, method=order.payment_method)
        if shares[number] > (missing := parts.missing(order)):
            raise RuleBroken(Refusal.SHARE_EXCEEDS_MISSING, number=number, missing=missing, amount=shares[number])


def _give(decision: Resolution, payment_event: PaymentEvent, order: Order, amount: Decimal) -> None:
    share = payment_event.share(
        event_id=f"share:{decision.pk}:{order.number}", order_number=order.number, amount=amount
    )
    books.shared_out(payment_event, share)
    by, words = actors.user(decision.decided_by_id), {"amount": str(amount), "reason": decision.reason}
    record_timeline_entry(order, OrderEvent.PAYMENT_ASSIGNED, by=by, key=str(decision.pk), **words)
    if match_and_record(share) != PaymentEventOutcome.MATCHED:
        raise RuleBroken(Refusal.ORDER_NOT_PENDING, number=order.number, status=order.status)


def _paid(payment_event: PaymentEvent) -> Iterator[PaidOrder]:
    for share in payment_event.shares.filter(outcome=PaymentEventOutcome.MATCHED).order_by("pk"):
        if paid := paid_with(share):
            yield paid
