"""A second person about money: whether one has to be asked, and what comes of the answer."""

from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from orders.authorization import second_person
from orders.authorization.own_orders import barred_from, barred_from_credit, check_not_own
from orders.models import ApprovalRequest, CreditAdjustment, Order, PaymentEvent, Resolution
from orders.models.approval import SUBJECTS, ApprovalKind
from orders.models.notification import MailKind
from orders.models.resolution import ResolutionAction
from orders.reconciliation.unmatched import too_much
from orders.rules import actors
from orders.rules.approvals import ApprovalOutcome, ApprovalTier
from orders.rules.order_events import OrderEvent
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import MismatchReason, PaymentEventOutcome, ResolutionState
from temporal_app.activities.outbox import mail
from temporal_app.activities.recording import record_timeline_entry, shop_activity
from temporal_app.messages import ApprovalInput, ApprovalResult


def to_ask(
    kind: ApprovalKind,
    row: PaymentEvent | Resolution | CreditAdjustment,
    amount: Decimal,
    *,
    by: str,
    content: str,
    tier: ApprovalTier,
) -> ApprovalInput:
    """What the approval of what somebody wants to do about money starts with."""
    request = ApprovalRequest(kind=kind, **{SUBJECTS[kind]: row})
    barred = barred_from_credit(row.customer) if isinstance(row, CreditAdjustment) else barred_from(request.concerns)
    return ApprovalInput(
        kind=kind,
        subject=str(row.pk),
        amount=amount,
        roles=tier.roles,
        requested_by=by,
        fingerprint=content,
        deadline_seconds=tier.deadline_seconds,
        at_deadline=tier.at_deadline,
        remind_before_seconds=tier.remind_before_seconds,
        escalate_to=tier.escalate_to,
        barred=barred,
    )


# An order that is marked as paid


def locked_report(subject: str) -> PaymentEvent:
    """What a member of staff reported, locked."""
    return PaymentEvent.objects.select_for_update().get(pk=int(subject))


def hold_back(payment_event: PaymentEvent) -> ApprovalInput | None:
    """Keep a member of staff's word about an order of their own from counting, and find out whether it needs a second
    person's; None where it may be matched now, or never. Call it with the row locked."""
    if not second_person.is_word_of_staff(payment_event):
        return None
    order = Order.objects.filter(number=payment_event.order_number).first()
    if order is not None and payment_event.reported_by in barred_from(order):
        payment_event.move_to(PaymentEventOutcome.REFUSED, MismatchReason.OWN_ORDER)
        return None
    tier = second_person.tier_of(ApprovalKind.MARK_PAID, second_person.marked_as_paid(payment_event))
    content = second_person.content_of_report(payment_event)
    if tier is None or second_person.is_approved(getattr(payment_event, "approval", None), content):
        return None
    by, amount = payment_event.reported_by, payment_event.amount
    return to_ask(ApprovalKind.MARK_PAID, payment_event, amount, by=by, content=content, tier=tier)


def report_asked(request: ApprovalRequest, approval: ApprovalInput, _deadline: datetime | None) -> None:
    """Write on the order's timeline that a second person is asked."""
    _note(request, OrderEvent.SECOND_PERSON_ASKED, by=approval.requested_by, roles=list(approval.roles))


def report_ended(request: ApprovalRequest, result: ApprovalResult) -> None:
    """Approved, it is matched next; otherwise the word counts for nothing. Whoever gave it hears of it."""
    payment_event = request.payment_event
    if payment_event is None or payment_event.outcome != PaymentEventOutcome.RECEIVED:
        return
    if result.outcome != ApprovalOutcome.APPROVED:
        payment_event.move_to(PaymentEventOutcome.REFUSED, MismatchReason.NOT_APPROVED)
    tell(request, result)


# A difference that is accepted


def locked_decision(subject: str) -> Resolution:
    """A decision about a payment; the payment's row is locked."""
    decision = Resolution.objects.get(pk=int(subject))
    decision.payment_event = PaymentEvent.objects.select_for_update().get(pk=decision.payment_event_id)
    return decision


def check_decider(decision: Resolution) -> None:
    """Refuse what somebody decided about a payment for an order of their own.

    :raises RuleBroken: it is their own
    """
    for order in second_person.orders_of(decision):
        check_not_own(order, actors.user(decision.decided_by_id))


@shop_activity(transactions="one")
def second_person_for_decision(decision_id: int) -> ApprovalInput | None:
    """Whether a second person has to approve what was decided about a payment, and what that approval starts with.

    :raises RuleBroken: they have approved it, but it is not the same any more
    """
    return asks_second_person(locked_decision(str(decision_id)))


def asks_second_person(decision: Resolution) -> ApprovalInput | None:
    """The same of a decision whose payment's row is locked."""
    kind = ApprovalKind.ACCEPT_DIFFERENCE
    amount, content = second_person.difference(decision), second_person.content_of_acceptance(decision)
    if decision.action == ResolutionAction.CREDIT:
        kind, amount = ApprovalKind.CREDIT_PAYMENT, too_much(decision.payment_event)
        content = second_person.content_of_credit(decision, amount)
    tier = second_person.tier_of(kind, amount)
    if tier is None or second_person.is_approved(getattr(decision, "approval", None), content):
        return None
    by = actors.user(decision.decided_by_id)
    return to_ask(kind, decision, amount, by=by, content=content, tier=tier)


def acceptance_asked(request: ApprovalRequest, approval: ApprovalInput, _deadline: datetime | None) -> None:
    """Write on the order's timeline that a second person is asked."""
    _note(request, OrderEvent.SECOND_PERSON_ASKED, by=approval.requested_by, roles=list(approval.roles))


def acceptance_ended(request: ApprovalRequest, result: ApprovalResult) -> None:
    """Approved, it is carried out next; otherwise the payment is back in front of people. Who decided hears of it."""
    decision = request.resolution
    if decision is None or decision.state != ResolutionState.REQUESTED:
        return
    if result.outcome != ApprovalOutcome.APPROVED:
        decision.move_to(ResolutionState.REFUSED, at=timezone.now(), result=Refusal.NOT_APPROVED, why=result.reason)
    tell(request, result)


def check_approved(decision: Resolution) -> None:
    """Refuse to credit what a second person has not approved. What is over of a payment that was split was approved
    with that. Call it with the payment's row locked.

    :raises RuleBroken: nobody has
    """
    rest_of = decision.payment_event.part_of
    approved_before = rest_of is not None and any(
        decision.payment_event.event_id == f"share:{before.pk}:rest"
        for before in rest_of.decisions.filter(action=ResolutionAction.CREDIT, state=ResolutionState.DONE)
    )
    first = decision.payment_event.decisions.order_by("pk").first()
    if not (approved_before and first == decision) and asks_second_person(decision) is not None:
        raise RuleBroken(Refusal.NOT_APPROVED, why="–")


def tell(request: ApprovalRequest, result: ApprovalResult) -> None:
    """Write on the order's timeline what the second person said, and mail it to whoever asked."""
    approved = result.outcome == ApprovalOutcome.APPROVED
    event = OrderEvent.SECOND_PERSON_AGREED if approved else OrderEvent.SECOND_PERSON_REFUSED
    _note(request, event, by=result.by, why=result.reason)
    mail(
        MailKind.SECOND_PERSON_DECIDED,
        to=request.requested_by,
        key=f"approval:{request.pk}",
        order=request.concerns,
        data={"approval": request.pk},
    )


def _note(request: ApprovalRequest, event: OrderEvent, *, by: str, **details: object) -> None:
    if request.concerns is not None:
        words = {"matter": request.kind, "amount": str(request.amount), **details}
        record_timeline_entry(request.concerns, event, by=by, key=f"{request.pk}", **words)
