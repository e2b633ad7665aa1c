"""What payment notices mean: the one place where money that came in meets the order it is for."""

from decimal import Decimal

from django.utils import timezone

from orders.models import Order, PaymentNotice
from orders.models.exceptions import ExceptionAction, ExceptionState
from orders.models.payment import NoticeOutcome
from orders.payments.intake import match, reconsider
from orders.rules.happenings import Happening
from temporal_app.activities.recording import note, recorded
from temporal_app.messages import IntakeResult, PaymentConfirmation


@recorded
def match_notice(notice_id: int) -> IntakeResult:
    """Find the order a notice is for; where it cannot be what the order waits for, say so in the notice."""
    notice = PaymentNotice.objects.select_for_update().get(pk=notice_id)
    outcome = match_or_remark(notice)
    if outcome != NoticeOutcome.MATCHED:
        return IntakeResult(outcome)
    return IntakeResult(outcome, notice.order_number, confirmation_of(notice))


def match_or_remark(notice: PaymentNotice) -> NoticeOutcome:
    """Match a notice; what does not match is said on the order's timeline, where there is such an order."""
    outcome = match(notice, timezone.now())
    if outcome == NoticeOutcome.EXCEPTION:
        _remark(notice)
    return outcome


def _remark(notice: PaymentNotice) -> None:
    order = Order.objects.filter(number=notice.order_number).first()
    if order:
        odd = {"amount": str(notice.amount), "oddity": notice.reason}
        note(order, Happening.PAYMENT_ODD, by=notice.told_by, key=f"{notice.pk}:{notice.reason}", **odd)


def confirmation_of(notice: PaymentNotice) -> PaymentConfirmation:
    """What a saga hears of a matched notice; with the total that it was accepted for, where a person did that."""
    return PaymentConfirmation(
        notice.plain_reference,
        notice.amount,
        by=notice.told_by,
        notice_id=notice.pk,
        accepted_total=_accepted_total(notice),
    )


def _accepted_total(notice: PaymentNotice) -> Decimal | None:
    if not notice.reason:  # a matched notice has one only if it was accepted in spite of it
        return None
    accepted = notice.decisions.filter(action=ExceptionAction.ACCEPT, state=ExceptionState.DONE).latest("pk")
    return Decimal(accepted.details["total"])


@recorded
def refuse_notice(notice_id: int) -> None:
    """The order ended, or changed, before it heard of its money."""
    notice = PaymentNotice.objects.select_for_update().get(pk=notice_id)
    if notice.outcome == NoticeOutcome.MATCHED:
        reconsider(notice)
        _remark(notice)
