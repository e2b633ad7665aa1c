"""The one way in for money: whoever reports a payment, it is matched here, once, or kept for a person to look at.

Webhook, hourly check, monitor, bank statement and a member of staff each write a `PaymentNotice` (`told`) and have
it matched (`match`) by the same activity.
"""

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum

from orders.models import Order, Payment, PaymentNotice
from orders.models.payment import NoticeOutcome, PaymentState
from orders.payments.webhooks import FAILED, PAID, Notice
from orders.rules.status import OrderStatus


class Oddity(StrEnum):
    """Why a payment could not be matched; stands in a notice's `reason`."""

    UNKNOWN_ORDER = "unknown_order"
    WRONG_CURRENCY = "wrong_currency"
    TOO_LITTLE = "too_little"
    TOO_MUCH = "too_much"
    SECOND_PAYMENT = "second_payment"
    AFTER_CANCELLATION = "after_cancellation"
    OTHER_METHOD = "other_method"
    PROVIDER_DISAGREES = "provider_disagrees"


def told(notice: Notice, *, provider: str, by: str, body: str = "") -> tuple[PaymentNotice, bool]:
    """Keep what somebody says about a payment, once for each event of a provider.

    :param by: `webhook:stripe`, `schedule:hourly-payment-batch`, `statement:12` (the money itself), `user:17`
    :returns: the row, and whether it is new
    """
    return PaymentNotice.receive(provider=provider, told_by=by, body=body, **asdict(notice))


def told_at_once(notices: list[Notice], *, provider: str, by: str) -> list[PaymentNotice]:
    """Keep many notices that are all new.

    :raises IntegrityError: one of them is not; then none is kept
    """
    return PaymentNotice.objects.bulk_create(
        PaymentNotice(provider=provider, told_by=by, **asdict(notice)) for notice in notices
    )


def match(notice: PaymentNotice, at: datetime) -> NoticeOutcome:
    """Decide what a notice means and note it. Call inside a transaction; deciding again answers the same.

    A payment is matched while its order is pending, also before the order waits for it: the money is there, and
    the saga keeps the word until it needs it.

    :param at: now
    :returns: the outcome; where it is `MATCHED`, tell the order's saga (again, if this is a repetition)
    """
    order = Order.objects.select_for_update().filter(number=notice.order_number).first()
    notice.refresh_from_db()
    if notice.outcome == NoticeOutcome.RECEIVED:
        notice.settle(*_judge(notice, order))
    return NoticeOutcome(notice.outcome)


def set_aside(notice: PaymentNotice, oddity: Oddity) -> None:
    """Put a matched payment before a person after all: its order changed or ended before it could be used."""
    notice.settle(NoticeOutcome.EXCEPTION, oddity)


def reconsider(notice: PaymentNotice) -> None:
    """A matched payment could not be used by its order after all: put it before a person, with today's reason.

    One that would suit the order is not used because another payment was.
    """
    order = Order.objects.locked(notice.order_number)
    set_aside(notice, _oddity(notice, order) or Oddity.SECOND_PAYMENT)


def _judge(notice: PaymentNotice, order: Order | None) -> tuple[NoticeOutcome, str]:
    if notice.status == FAILED:
        return NoticeOutcome.REPORTED_FAILED, ""
    if order is None:
        return NoticeOutcome.EXCEPTION, Oddity.UNKNOWN_ORDER
    if notice.status != PAID:
        return NoticeOutcome.EXCEPTION, Oddity.PROVIDER_DISAGREES
    if _known(notice, order):
        return NoticeOutcome.REPEATED, ""
    oddity = _oddity(notice, order)
    return (NoticeOutcome.EXCEPTION, oddity) if oddity else (NoticeOutcome.MATCHED, "")


def _known(notice: PaymentNotice, order: Order) -> bool:
    """Whether it tells of money that has been taken into account already.

    Two words about one payment are one payment. Two lines on a bank statement are two, whatever they refer to; but
    the line after somebody's word is the money they spoke of.
    """
    earlier = PaymentNotice.objects.filter(
        provider=notice.provider, order_number=order.number, reference=notice.reference, outcome=NoticeOutcome.MATCHED
    ).exclude(pk=notice.pk)
    if notice.is_money:
        already_booked = PaymentNotice.objects.filter(
            provider=notice.provider,
            order_number=order.number,
            told_by__startswith="statement:",
            outcome__in=[NoticeOutcome.MATCHED, NoticeOutcome.REPEATED],
        ).exclude(pk=notice.pk)
        return earlier.filter(amount=notice.amount).exists() and not already_booked.exists()
    return earlier.exists() or _taken(notice, order)


def _taken(notice: PaymentNotice, order: Order) -> bool:
    """Whether the shop took or gave back this very payment by itself, as it does when a card is charged."""
    return Payment.objects.filter(
        order=order,
        provider=notice.provider,
        reference=notice.reference,
        state__in=[PaymentState.CAPTURED, PaymentState.REFUNDED],
    ).exists()


def _oddity(notice: PaymentNotice, order: Order) -> Oddity | None:
    if order.status == OrderStatus.CANCELLED or order.undo_started_at is not None:
        return Oddity.AFTER_CANCELLATION
    confirmed = PaymentNotice.objects.filter(order_number=order.number, outcome=NoticeOutcome.MATCHED)
    if order.status != OrderStatus.PENDING or confirmed.exclude(pk=notice.pk).exists():
        return Oddity.SECOND_PAYMENT
    if notice.provider != order.payment_method:
        return Oddity.OTHER_METHOD
    if notice.currency != order.currency:
        return Oddity.WRONG_CURRENCY
    if notice.amount != order.total:
        return Oddity.TOO_LITTLE if notice.amount < order.total else Oddity.TOO_MUCH
    return None
