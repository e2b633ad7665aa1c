"""The one way in for money: whoever reports a payment, it is matched here, once, or waits for a person to look at.

Webhook, hourly check, monitor, bank statement and a member of staff each write a `PaymentEvent` (`record_event`) and
have it
matched (`match_event`) by the same activity.
"""

from dataclasses import asdict
from datetime import datetime

from django.db.models import Q, QuerySet

from orders.models import Order, Payment, PaymentEvent
from orders.payments import books, credit, parts, takes_parts
from orders.payments.reports import DIFFERS, FAILED, PAID, RETURNED, PaymentReport
from orders.rules import actors
from orders.rules.states import MismatchReason, PaymentEventOutcome, PaymentState
from orders.rules.status import OrderStatus


def record_event(payment_event: PaymentReport, *, provider: str, by: str, body: str = "") -> tuple[PaymentEvent, bool]:
    """Write down what somebody reports about a payment, once for each event of a provider.

    :param by: `webhook:stripe`, `schedule:hourly-payment-batch`, `statement:12` (the money itself), `user:17`
    :returns: the row, and whether it is new
    """
    return PaymentEvent.receive(provider=provider, reported_by=by, body=body, **asdict(payment_event))


def record_repeat(
    before: PaymentEvent, payment_event: PaymentReport, *, by: str, body: str
) -> tuple[PaymentEvent, bool]:
    """Write down that a provider tells of the same event once more and otherwise, once for each other content.

    :returns: as `record_event`; the row there was, where it says the same
    """
    told = asdict(payment_event)
    if all(getattr(before, name) == value for name, value in told.items()):
        return before, False
    return record_event(payment_event.as_other_content(), provider=before.provider, by=by, body=body)


def record_events(payment_events: list[PaymentReport], *, provider: str, by: str) -> list[PaymentEvent]:
    """Write down many reports that are all new.

    :raises IntegrityError: one of them is not; then none is written
    """
    return PaymentEvent.objects.bulk_create(
        PaymentEvent(provider=provider, reported_by=by, **asdict(payment_event)) for payment_event in payment_events
    )


def match_event(payment_event: PaymentEvent, at: datetime) -> PaymentEventOutcome:
    """Decide what a payment event means and record it. Call it in a transaction; called again, it returns the same.

    A payment is matched while its order is pending, also before the order waits for it: the money is there, and
    the saga remembers the confirmation until it needs it. What is less than the total is matched as a part of it; a
    payment of the whole pays alone, and parts that came before it are too much.

    :param at: now
    :returns: the outcome; where it is `MATCHED` and all has come, tell the order's saga (again, if this is a
        repetition)
    """
    order = Order.objects.select_for_update().filter(number=payment_event.order_number).first()
    payment_event.refresh_from_db()
    if payment_event.outcome == PaymentEventOutcome.RECEIVED:
        payment_event.move_to(*_judge(payment_event, order))
        if order and payment_event.outcome == PaymentEventOutcome.MATCHED and payment_event.amount == order.rest:
            _set_free(order, payment_event)
    return PaymentEventOutcome(payment_event.outcome)


def reconsider(payment_event: PaymentEvent, *, closing: bool = False) -> None:
    """A matched payment could not be used by its order after all: put it before a person, with today's reason.

    One that would suit the order is not used because the order is being undone, or because another payment was. What
    is a part of a total that has grown meanwhile stays with its order.

    :param closing: the order is being undone, although its row may not say so yet
    """
    order = Order.objects.locked(payment_event.order_number)
    unsuited = _mismatch(payment_event, order) or MismatchReason.SECOND_PAYMENT
    if not closing and _is_needed(payment_event, order):
        return
    if not closing and _is_part(payment_event, order):
        if payment_event.amount <= books.on_account(order) - credit.part_of(order):
            return
        unsuited = MismatchReason.TOO_LITTLE  # it went back with the hold that it paid
    mismatch = MismatchReason.AFTER_CANCELLATION if closing else unsuited
    payment_event.move_to(PaymentEventOutcome.UNMATCHED, mismatch)


def _set_free(order: Order, whole: PaymentEvent) -> None:
    """Put the parts that came before the whole in front of a person."""
    for part in parts.matched(order.number).exclude(pk=whole.pk):
        part.move_to(PaymentEventOutcome.UNMATCHED, MismatchReason.SECOND_PAYMENT)


def _judge(payment_event: PaymentEvent, order: Order | None) -> tuple[PaymentEventOutcome, str]:
    if payment_event.status == DIFFERS:
        return PaymentEventOutcome.UNMATCHED, MismatchReason.PROVIDER_DISAGREES
    if payment_event.status == FAILED:
        return PaymentEventOutcome.REPORTED_FAILED, ""
    if payment_event.status == RETURNED:
        return PaymentEventOutcome.UNMATCHED, MismatchReason.REFUND_RETURNED
    if order is None:
        return PaymentEventOutcome.UNMATCHED, MismatchReason.UNKNOWN_ORDER
    if payment_event.status != PAID:
        return PaymentEventOutcome.UNMATCHED, MismatchReason.PROVIDER_DISAGREES
    if _known(payment_event, order):
        return PaymentEventOutcome.REPEATED, ""
    mismatch = _mismatch(payment_event, order)
    return (PaymentEventOutcome.UNMATCHED, mismatch) if mismatch else (PaymentEventOutcome.MATCHED, "")


def _known(payment_event: PaymentEvent, order: Order) -> bool:
    """Whether it tells of money that has been taken into account already.

    Two reports of one payment are one payment. Two lines on a bank statement are two, whatever they refer to; but
    the line after somebody's report is the money they reported. Two parts that a provider reports are two as well.
    """
    if payment_event.part_of_id:  # a person looked at it
        return False
    earlier = PaymentEvent.objects.filter(
        provider=payment_event.provider,
        order_number=order.number,
        reference=payment_event.reference,
        outcome__in=[PaymentEventOutcome.MATCHED, PaymentEventOutcome.LAPSED],
    ).exclude(pk=payment_event.pk)
    is_part = takes_parts(payment_event.provider) and payment_event.amount < order.rest
    if payment_event.is_money or (is_part and actors.is_a(actors.WEBHOOK, payment_event.reported_by)):
        return _told_before(payment_event, earlier)
    if takes_parts(payment_event.provider):  # what was a part is not what has another amount
        earlier = earlier.filter(Q(amount=payment_event.amount) | Q(amount__gte=order.rest) | ~Q(reason=""))
    return earlier.exists() or _taken(payment_event, order)


def _told_before(payment_event: PaymentEvent, earlier: QuerySet[PaymentEvent]) -> bool:
    """Whether somebody else told of this very money before, and it is the first of its kind that does so too.

    :param earlier: what was told of its order under its reference and matched
    """
    kind = actors.split(payment_event.reported_by)[0]
    told = earlier.filter(amount=payment_event.amount).exclude(reported_by__startswith=kind)
    repeated = PaymentEvent.objects.filter(
        provider=payment_event.provider,
        order_number=payment_event.order_number,
        reference=payment_event.reference,
        amount=payment_event.amount,
        reported_by__startswith=kind,
        outcome=PaymentEventOutcome.REPEATED,
    )
    return told.count() > repeated.exclude(pk=payment_event.pk).count()


def _taken(payment_event: PaymentEvent, order: Order) -> bool:
    """Whether the shop took or gave back this very payment by itself, as it does when a card is charged."""
    return Payment.objects.filter(
        order=order,
        provider=payment_event.provider,
        reference=payment_event.reference,
        state__in=[PaymentState.CAPTURED, PaymentState.REFUNDED],
    ).exists()


def _mismatch(payment_event: PaymentEvent, order: Order) -> MismatchReason | None:
    if order.status == OrderStatus.CANCELLED or order.undo_started_at is not None:
        return MismatchReason.AFTER_CANCELLATION
    if order.status != OrderStatus.PENDING or is_paid_otherwise(payment_event, order):
        return MismatchReason.SECOND_PAYMENT
    if payment_event.provider != order.payment_method:
        return MismatchReason.OTHER_METHOD
    if payment_event.currency != order.currency:
        return MismatchReason.WRONG_CURRENCY
    return _difference(payment_event, order)


def is_paid_otherwise(payment_event: PaymentEvent, order: Order) -> bool:
    """Whether all that the order waits for has come without this payment."""
    if not takes_parts(order.payment_method):
        return parts.matched(order.number).exclude(pk=payment_event.pk).exists()
    return parts.is_complete(order, but=payment_event) or parts.is_charged(order, but=payment_event.reference)


def _difference(payment_event: PaymentEvent, order: Order) -> MismatchReason | None:
    """What is odd about the amount of a payment: nothing where it is the whole, or what is missing, or a part of it."""
    missing = order.rest - parts.received(order, but=payment_event)
    if payment_event.amount in (order.rest, missing):
        return None
    if payment_event.amount > missing:
        return MismatchReason.TOO_MUCH
    return None if takes_parts(payment_event.provider) else MismatchReason.TOO_LITTLE


def _is_needed(payment_event: PaymentEvent, order: Order) -> bool:
    """Whether it is one of the parts that make an order paid, which its saga has heard of by another of them."""
    others = parts.matched(order.number).exclude(pk=payment_event.pk)
    alive = order.status == OrderStatus.PENDING and order.undo_started_at is None
    return alive and others.exists() and parts.is_complete(order) and not parts.is_complete(order, but=payment_event)


def _is_part(payment_event: PaymentEvent, order: Order) -> bool:
    """Whether its order waits for more than this, and than all that came with it."""
    return _mismatch(payment_event, order) is None and not parts.is_complete(order)
