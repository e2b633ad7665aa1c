"""What payment events mean: the one place where money that came in meets the order it is for."""

from decimal import Decimal

from django.utils import timezone

from orders.models import Order, PaymentEvent
from orders.models.notification import MailKind
from orders.models.resolution import ResolutionAction
from orders.payments import parts
from orders.reconciliation.matching import match_event, reconsider
from orders.rules.approvals import ApprovalOutcome
from orders.rules.order_events import OrderEvent
from orders.rules.states import PaymentEventOutcome, ResolutionState
from temporal_app import policies
from temporal_app.activities.outbox import mail_customer
from temporal_app.activities.recording import record_timeline_entry, shop_activity
from temporal_app.activities.second_person import hold_back
from temporal_app.messages import MatchResult, PaidOrder, PaymentConfirmation, UnusedPayment

PAGE = 50


@shop_activity(transactions="one")
def match_payment_event(payment_event_id: int) -> MatchResult:
    """Find the order that a payment event is for; where it cannot be what the order waits for, record why.

    What a member of staff says counts only where it is not about an order of their own, and above a limit once a second
    person has approved it; otherwise it stays as it is.
    """
    payment_event = PaymentEvent.objects.select_for_update().get(pk=payment_event_id)
    if approval := hold_back(payment_event):
        return MatchResult(payment_event.outcome, approval=approval)
    outcome = match_and_record(payment_event)
    if outcome != PaymentEventOutcome.MATCHED:
        return MatchResult(outcome)
    paid = paid_with(payment_event)
    return MatchResult(outcome, paid.number, paid.confirmation) if paid else MatchResult(outcome)


@shop_activity(transactions="one")
def list_unheard(after: int) -> list[int]:
    """The next payment events, oldest first, that have been stored for a while and that nobody has looked at."""
    due = timezone.now() - policies.UNHEARD_AFTER
    unheard = PaymentEvent.objects.filter(outcome=PaymentEventOutcome.RECEIVED, received_at__lt=due, pk__gt=after)
    unheard = unheard.exclude(approval__outcome=ApprovalOutcome.PENDING)
    return list(unheard.order_by("pk").values_list("pk", flat=True)[:PAGE])


def match_and_record(payment_event: PaymentEvent) -> PaymentEventOutcome:
    """Match a payment event; what does not match is said on the order's timeline, where there is such an order."""
    outcome = match_event(payment_event, timezone.now())
    if outcome == PaymentEventOutcome.UNMATCHED:
        _remark(payment_event)
    elif outcome == PaymentEventOutcome.MATCHED:
        _thank(payment_event)
    return outcome


def _thank(payment_event: PaymentEvent) -> None:
    """Tell of a part, and ask for the rest; or, of a whole that came after parts, that those are too much."""
    order = Order.objects.get(number=payment_event.order_number)
    if missing := parts.missing(order):
        amounts = {"amount": str(payment_event.amount), "missing": str(missing)}
        key, by = str(payment_event.pk), payment_event.reported_by
        record_timeline_entry(order, OrderEvent.PAYMENT_PART, by=by, key=key, **amounts)
        mail_customer(order, MailKind.PAYMENT_PART, key=key, part=amounts["amount"], missing=amounts["missing"])
    elif payment_event.amount == order.rest:
        for part in PaymentEvent.objects.filter(order_number=order.number, outcome=PaymentEventOutcome.UNMATCHED):
            _remark(part)


def _remark(payment_event: PaymentEvent) -> None:
    order = Order.objects.filter(number=payment_event.order_number).first()
    if order:
        odd = {"amount": str(payment_event.amount), "mismatch": payment_event.reason}
        record_timeline_entry(
            order,
            OrderEvent.PAYMENT_MISMATCH,
            by=payment_event.reported_by,
            key=f"{payment_event.pk}:{payment_event.reason}",
            **odd,
        )


def paid_with(payment_event: PaymentEvent) -> PaidOrder | None:
    """The order that a matched payment event makes paid; None while parts of its money are missing."""
    order = Order.objects.get(number=payment_event.order_number)
    if not parts.is_complete(order):
        return None
    received = parts.received(order) + order.credit
    return PaidOrder(order.number, payment_event.pk, confirmation_of(payment_event, received))


def confirmation_of(payment_event: PaymentEvent, received: Decimal) -> PaymentConfirmation:
    """What a saga hears of the payment event that makes its order paid, with all that has come, credit included, and
    with the total that it was accepted for, if a person did that."""
    return PaymentConfirmation(
        payment_event.plain_reference,
        received,
        by=payment_event.reported_by,
        payment_event_id=payment_event.pk,
        accepted_total=_accepted_total(payment_event),
    )


def _accepted_total(payment_event: PaymentEvent) -> Decimal | None:
    if not payment_event.reason:  # a matched event has one only if it was accepted in spite of it
        return None
    accepted = payment_event.decisions.filter(action=ResolutionAction.ACCEPT, state=ResolutionState.DONE).latest("pk")
    return Decimal(accepted.details["total"])


@shop_activity(transactions="one")
def release_payment_event(unused: UnusedPayment) -> None:
    """The order ended, or changed, before it heard of its money."""
    payment_event = PaymentEvent.objects.select_for_update().get(pk=unused.payment_event_id)
    if payment_event.outcome == PaymentEventOutcome.MATCHED:
        reconsider(payment_event, closing=unused.closing)
        if payment_event.outcome == PaymentEventOutcome.MATCHED:
            _thank(payment_event)  # of an order that has grown meanwhile it is a part
    if payment_event.outcome == PaymentEventOutcome.UNMATCHED:
        _remark(payment_event)
