"""Approvals: opened, decided, amended, reminded and ended; the mirror of `ApprovalWorkflow`."""

from datetime import datetime

from django.contrib.auth import get_user_model
from django.utils import timezone

from orders.models import ApprovalDecision, ApprovalRequest, ExpenseRequest, Order
from orders.models.approval import ApprovalKind
from orders.models.deciders import eligibility
from orders.models.expense import ExpenseState
from orders.models.notification import MailKind
from orders.rules.approvals import ApprovalOutcome, LevelState
from orders.rules.happenings import Happening
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.status import WaitingFor
from temporal_app.activities.outbox import mail
from temporal_app.activities.recording import moment, note, recorded
from temporal_app.messages import (
    ApprovalAmendment,
    ApprovalEnd,
    ApprovalOpening,
    ApprovalReminder,
    DecisionRecord,
)

ENDINGS = {
    ApprovalOutcome.APPROVED: Happening.APPROVED,
    ApprovalOutcome.REJECTED: Happening.REJECTED,
    ApprovalOutcome.EXPIRED: Happening.APPROVAL_EXPIRED,
}


def _request(kind: str, subject: str) -> ApprovalRequest:
    """The approval of an order (by number) or an expense (by id), locked."""
    requests = ApprovalRequest.objects.select_for_update(of=("self",)).select_related("order", "expense")
    if kind == ApprovalKind.ORDER:
        return requests.get(order__number=subject)
    return requests.get(expense_id=int(subject))


def _note(request: ApprovalRequest, kind: Happening, *, by: str, key: str, **data: object) -> None:
    """On the order's timeline; an expense has none, its approval's own rows tell the story."""
    if request.order is not None:
        note(request.order, kind, by=by, key=key, **data)


def _ask(request: ApprovalRequest, kind: MailKind, *, key: str) -> None:
    """Mail every role that still has to decide."""
    for level in request.levels.filter(state=LevelState.PENDING):
        mail(
            kind,
            to=f"role:{level.role}",
            key=f"approval:{request.pk}:{key}",
            order=request.order,
            expense=request.expense,
            approval=request.pk,
            role=level.role,
        )


def _tell_requester(request: ApprovalRequest, kind: MailKind) -> None:
    """Mail whoever filed the expense; the customer of an order hears of it by other mails."""
    if request.expense is not None:
        recipient = f"user:{request.expense.requester_id}"
        mail(kind, to=recipient, key=f"approval:{request.pk}", expense=request.expense, approval=request.pk)


def _set_levels(request: ApprovalRequest, levels: dict[str, str]) -> None:
    for position, (role, state) in enumerate(levels.items()):
        request.levels.update_or_create(role=role, defaults={"state": state, "position": position})


@recorded
def open_approval(opening: ApprovalOpening) -> None:
    """Write down what has to be approved by whom until when, and ask them."""
    approval, deadline = opening.approval, moment(opening.deadline)
    order = expense = None
    if approval.kind == ApprovalKind.ORDER:
        order = Order.objects.locked(approval.subject)
        order.wait_for(WaitingFor.APPROVAL, deadline)
    else:
        expense = ExpenseRequest.objects.select_for_update().get(pk=int(approval.subject))
        if expense.state == ExpenseState.DRAFT:
            expense.move(ExpenseState.SUBMITTED, submitted_at=timezone.now())
    request = _opened(opening, order, expense, deadline)
    _set_levels(request, dict.fromkeys(approval.roles, LevelState.PENDING))
    _note(
        request,
        Happening.APPROVAL_REQUESTED,
        by=approval.requested_by,
        key=str(approval.round),
        roles=list(approval.roles),
        amount=str(approval.amount),
    )
    _ask(request, MailKind.APPROVAL_REQUESTED, key=str(approval.round))
    _tell_requester(request, MailKind.EXPENSE_SUBMITTED)


def _opened(
    opening: ApprovalOpening, order: Order | None, expense: ExpenseRequest | None, deadline: datetime | None
) -> ApprovalRequest:
    approval = opening.approval
    request, _new = ApprovalRequest.objects.update_or_create(
        order=order,
        expense=expense,
        defaults={
            "kind": approval.kind,
            "requested_by": approval.requested_by,
            "amount": approval.amount,
            "fingerprint": approval.fingerprint,
            "round": approval.round,
            "deadline": deadline,
            "outcome": ApprovalOutcome.PENDING,
            "ended_at": None,
        },
        create_defaults={
            "kind": approval.kind,
            "requested_by": approval.requested_by,
            "amount": approval.amount,
            "fingerprint": approval.fingerprint,
            "round": approval.round,
            "deadline": deadline,
            "requested_at": timezone.now(),
        },
    )
    request.levels.all().delete()
    return request


@recorded
def record_decision(record: DecisionRecord) -> str:
    """Write down one person's decision, if that person may make it now.

    :returns: the id of whoever it was made for, as `user:17`; empty where the person decided in their own name
    :raises RuleBroken: not a member of the role (any more), their own request, a second level of the same person,
        a level that somebody else has decided, or content that is not what the person looked at
    """
    decision = record.decision
    request = _request(record.kind, record.subject)
    stands = request.decisions.filter(round=record.round, role=decision.role).first()
    if stands is not None:
        if stands.actor == decision.by and stands.approved == decision.approved:
            return _for(stands)
        raise RuleBroken(Refusal.ALREADY_DECIDED)
    if decision.fingerprint and decision.fingerprint != request.fingerprint:
        raise RuleBroken(Refusal.CONTENT_CHANGED, total=request.amount)
    vote = eligibility(request, _person(decision.by, decision.role), decision.role, timezone.now())
    written = ApprovalDecision.objects.create(
        request=request,
        round=record.round,
        role=decision.role,
        approved=decision.approved,
        comment=decision.comment,
        actor=decision.by,
        person=vote.person,
        acting_for=vote.acting_for,
        amount=request.amount,
        fingerprint=request.fingerprint,
        at=timezone.now(),
    )
    state = LevelState.APPROVED if decision.approved else LevelState.REJECTED
    request.levels.filter(role=decision.role).update(state=state)
    kind = Happening.LEVEL_APPROVED if decision.approved else Happening.LEVEL_REJECTED
    _note(
        request,
        kind,
        by=decision.by,
        key=f"{record.round}:{decision.role}",
        role=decision.role,
        amount=str(request.amount),
        comment=decision.comment,
        acting_for=_for(written),
    )
    return _for(written)


def _person(by: str, role: str):
    """Whom `user:17` means.

    :raises RuleBroken: nobody; only people in the role decide, whatever door they come through
    """
    kind, _colon, number = by.partition(":")
    person = get_user_model().objects.filter(pk=int(number)).first() if kind == "user" and number.isdigit() else None
    if person is None:
        raise RuleBroken(Refusal.NOT_IN_ROLE, role=role)
    return person


def _for(decision: ApprovalDecision) -> str:
    return f"user:{decision.acting_for_id}" if decision.acting_for_id else ""


@recorded
def amend_approval(amendment: ApprovalAmendment) -> None:
    """Write down that an approval in flight asks other roles now: its content changed, or nobody answered."""
    request = _request(amendment.kind, amendment.subject)
    before, deadline = request.amount, moment(amendment.deadline)
    key = f"{amendment.round}:{amendment.change}:{amendment.fingerprint}"
    if request.order is None or not request.order.timeline.filter(key__endswith=key).exists():
        request.amend(
            round=amendment.round, amount=amendment.amount, fingerprint=amendment.fingerprint, deadline=deadline
        )
    _set_levels(request, amendment.levels)
    if request.order is not None:
        request.order.wait_for(WaitingFor.APPROVAL, deadline)
    happening = Happening.APPROVAL_CHANGED if amendment.change == "revised" else Happening.APPROVAL_ESCALATED
    _note(
        request,
        happening,
        by=amendment.by,
        key=key,
        before=str(before),
        after=str(amendment.amount),
        levels=amendment.levels,
    )
    _ask(request, MailKind.APPROVAL_REQUESTED, key=key)


@recorded
def remind_deciders(reminder: ApprovalReminder) -> None:
    """Mail the roles that have not decided yet, shortly before the deadline."""
    request = _request(reminder.kind, reminder.subject)
    _note(request, Happening.APPROVAL_REMINDED, by="system", key=str(reminder.round))
    _ask(request, MailKind.APPROVAL_REMINDER, key=f"reminder:{reminder.round}")


@recorded
def end_approval(end: ApprovalEnd) -> None:
    """Write down how an approval ended; an expense is processed or rejected with it."""
    result, request = end.result, _request(end.kind, end.subject)
    request.amend(outcome=result.outcome, ended_at=request.ended_at or timezone.now())
    if result.outcome in ENDINGS:
        happening = ENDINGS[ApprovalOutcome(result.outcome)]
        _note(request, happening, by=result.by, key=str(request.round), reason=result.reason)
    if request.expense is not None:
        approved = result.outcome == ApprovalOutcome.APPROVED
        state = ExpenseState.PROCESSED if approved else ExpenseState.REJECTED
        request.expense.move(state, reason=result.reason, decided_at=request.ended_at)
        _tell_requester(request, MailKind.EXPENSE_APPROVED if approved else MailKind.EXPENSE_REJECTED)
