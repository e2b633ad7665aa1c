"""What payment notices mean: the one place where money that came in meets the order it is for."""

from django.utils import timezone

from orders.models import PaymentNotice
from orders.models.payment import NoticeOutcome
from orders.payments.intake import Oddity, match, set_aside
from temporal_app.activities.recording import recorded
from temporal_app.messages import IntakeResult, PaymentConfirmation


@recorded
def match_notice(notice_id: int) -> IntakeResult:
    """Find the order a notice is for; where it cannot be what the order waits for, say so in the notice."""
    notice = PaymentNotice.objects.select_for_update().get(pk=notice_id)
    outcome = match(notice, timezone.now())
    if outcome != NoticeOutcome.MATCHED:
        return IntakeResult(outcome)
    return IntakeResult(outcome, notice.order_number, confirmation_of(notice))


def confirmation_of(notice: PaymentNotice) -> PaymentConfirmation:
    """What a saga hears of a matched notice."""
    return PaymentConfirmation(reference=notice.reference, amount=notice.amount, by=notice.told_by)


@recorded
def refuse_notice(notice_id: int) -> None:
    """The order ended before it heard of its money."""
    set_aside(PaymentNotice.objects.select_for_update().get(pk=notice_id), Oddity.AFTER_CANCELLATION)
