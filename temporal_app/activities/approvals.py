"""Approvals: opened, decided, amended, reminded and ended; the mirror of `ApprovalWorkflow`."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.utils import timezone

from orders.authorization.eligibility import check_eligibility
from orders.models import ApprovalDecision, ApprovalRequest, ExpenseRequest, TypedWords
from orders.models.approval import SUBJECTS as APPROVAL_SUBJECTS
from orders.models.approval import ApprovalKind
from orders.models.notification import MailKind
from orders.rules import actors
from orders.rules.approvals import ApprovalOutcome, LevelState, Role
from orders.rules.order_events import OrderEvent
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.status import WaitingFor
from temporal_app.activities.approval_subjects import SUBJECTS, tell_requester
from temporal_app.activities.outbox import mail
from temporal_app.activities.recording import moment, record_timeline_entry, shop_activity
from temporal_app.messages import (
    ApprovalAmendment,
    ApprovalEnd,
    ApprovalOpening,
    ApprovalReminder,
    DecisionRecord,
)

ENDINGS = {
    ApprovalOutcome.APPROVED: OrderEvent.APPROVED,
    ApprovalOutcome.REJECTED: OrderEvent.REJECTED,
    ApprovalOutcome.EXPIRED: OrderEvent.APPROVAL_EXPIRED,
}


def _request(kind: str, subject: str) -> ApprovalRequest | None:
    """The approval of an order (by number), or of anything else (by its kind and key), locked; what it is about before
    it, as always."""
    SUBJECTS[kind].locked(subject)
    requests = ApprovalRequest.objects.select_for_update(of=("self",)).select_related(*APPROVAL_SUBJECTS.values())
    return requests.about(kind, subject).first()


def _note(request: ApprovalRequest, kind: OrderEvent, *, by: str, key: str, **data: object) -> None:
    """On the order's timeline; an expense has none, and of a write-off it tells the beginning and the end: its
    approval's own rows tell the story."""
    if request.order is not None:
        record_timeline_entry(request.order, kind, by=by, key=key, **data)


def _ask(request: ApprovalRequest, kind: MailKind, roles: Iterable[str], *, key: str) -> None:
    """Mail everybody in these roles."""
    for role in roles:
        mail(
            kind,
            to=actors.role(role),
            key=f"approval:{request.pk}:{key}",
            order=request.concerns,
            expense=request.expense,
            data={"approval": request.pk, "role": role},
        )


def _set_levels(request: ApprovalRequest, levels: dict[str, str]) -> None:
    for position, role in enumerate(Role):  # by rank: on the wire a dictionary has no order
        if role in levels:
            state = LevelState(levels[role])
            level, _new = request.levels.get_or_create(role=role, defaults={"state": state, "position": position})
            level.move_to(state)


@shop_activity(transactions="one")
def open_approval(opening: ApprovalOpening) -> bool:
    """Write down what has to be approved by whom until when, and ask them.

    :returns: False where an expense is not what was submitted any more, because somebody typed over it meanwhile
    """
    approval = opening.approval
    row = SUBJECTS[approval.kind].locked_for_opening(approval.subject)
    unchanged = not isinstance(row, ExpenseRequest) or row.fingerprint() == approval.fingerprint
    request = ApprovalRequest.objects.about(approval.kind, approval.subject).first()
    if request is None or request.round < approval.round:
        request = _opened(opening, row)
    details = {"roles": list(approval.roles), "amount": str(approval.amount)}
    _note(request, OrderEvent.APPROVAL_REQUESTED, by=approval.requested_by, key=str(approval.round), **details)
    if unchanged:
        _ask(request, MailKind.APPROVAL_REQUESTED, approval.roles, key=str(approval.round))
        tell_requester(request, MailKind.EXPENSE_SUBMITTED)
    return unchanged


def _opened(opening: ApprovalOpening, row: Any) -> ApprovalRequest:
    approval, deadline = opening.approval, moment(opening.deadline)
    columns = {
        "requested_by": approval.requested_by,
        "amount": approval.amount,
        "fingerprint": approval.fingerprint,
        "round": approval.round,
        "deadline": deadline,
    }
    about = {"kind": approval.kind, APPROVAL_SUBJECTS[ApprovalKind(approval.kind)]: row}
    request, new = ApprovalRequest.objects.get_or_create(**about, defaults={**columns, "requested_at": timezone.now()})
    setattr(request, APPROVAL_SUBJECTS[ApprovalKind(approval.kind)], row)
    if not new:
        request.amend(**columns)
        request.move_to(ApprovalOutcome.PENDING, ended_at=None)
    request.levels.all().delete()
    _set_levels(request, dict.fromkeys(approval.roles, LevelState.PENDING))
    SUBJECTS[approval.kind].opened(request, approval, deadline)
    return request


@shop_activity(transactions="one")
def record_decision(record: DecisionRecord) -> str:
    """Write down one person's decision, if that person may make it now.

    :returns: the id of whoever it was made for, as `user:17`; empty where the person decided in their own name
    :raises RuleBroken: see `check_eligibility`; or the approval has moved on, or is being withdrawn
    """
    decision, request = record.decision, _request(record.kind, record.subject)
    if request is None:
        raise RuleBroken(Refusal.ROLE_NOT_ASKED, role=decision.role)
    stands = request.decisions.filter(round=record.round, role=decision.role).first()
    if stands is not None and (stands.actor, stands.approved) == (decision.by, decision.approved):
        return _for(stands)
    if record.round != request.round:
        raise RuleBroken(Refusal.CONTENT_CHANGED, total=request.amount)
    if request.order is not None and request.order.undo_started_at is not None:
        raise RuleBroken(Refusal.ORDER_CLOSING, number=record.subject)
    at = moment(record.at) or timezone.now()
    vote = check_eligibility(
        request,
        role=decision.role,
        approved=decision.approved,
        comment=decision.comment,
        by=decision.by,
        seen=decision.fingerprint,
        at=at,
    )
    written = ApprovalDecision.objects.create(
        request=request,
        round=record.round,
        role=decision.role,
        approved=decision.approved,
        comment=TypedWords.spoken(decision.comment),
        actor=actors.user(vote.person.pk),
        person=vote.person,
        acting_for=vote.acting_for,
        amount=request.amount,
        fingerprint=request.fingerprint,
        at=at,
    )
    state = LevelState.APPROVED if decision.approved else LevelState.REJECTED
    request.levels.get(role=decision.role).move_to(state)
    _note_decision(request, written)
    return _for(written)


def _note_decision(request: ApprovalRequest, decision: ApprovalDecision) -> None:
    _note(
        request,
        OrderEvent.LEVEL_APPROVED if decision.approved else OrderEvent.LEVEL_REJECTED,
        by=decision.actor,
        key=f"{decision.round}:{decision.role}",
        role=decision.role,
        amount=str(decision.amount),
        comment=decision.comment,
        acting_for=_for(decision),
    )


def _for(decision: ApprovalDecision) -> str:
    return actors.user(decision.acting_for_id) if decision.acting_for_id else ""


@shop_activity(transactions="one")
def amend_approval(amendment: ApprovalAmendment) -> None:
    """Write down that an approval in flight asks other roles now: its content changed, or nobody answered."""
    request, deadline = _request(amendment.kind, amendment.subject), moment(amendment.deadline)
    if request is None:
        return
    before = request.amount
    request.amend(round=amendment.round, amount=amendment.amount, fingerprint=amendment.fingerprint, deadline=deadline)
    _set_levels(request, amendment.levels)
    if request.order is not None and request.order.undo_started_at is None:
        request.order.wait_for(WaitingFor.APPROVAL, deadline)
    key = f"{amendment.round}:{amendment.change}:{amendment.fingerprint}"
    _note(
        request,
        OrderEvent.APPROVAL_CHANGED if amendment.change == "revised" else OrderEvent.APPROVAL_ESCALATED,
        by=amendment.by,
        key=key,
        before=str(before),
        after=str(amendment.amount),
        levels=amendment.levels,
    )
    _ask(request, MailKind.APPROVAL_REQUESTED, amendment.asked, key=key)


@shop_activity(transactions="one")
def remind_deciders(reminder: ApprovalReminder) -> None:
    """Mail the roles that have not decided yet, shortly before the deadline."""
    request = _request(reminder.kind, reminder.subject)
    if request is None:
        return
    key = f"{request.round}:{reminder.deadline:.0f}"
    _note(request, OrderEvent.APPROVAL_REMINDED, by=actors.SYSTEM, key=key)
    waiting = request.levels.filter(state=LevelState.PENDING).order_by("position").values_list("role", flat=True)
    _ask(request, MailKind.APPROVAL_REMINDER, waiting, key=key)


@shop_activity(transactions="one")
def end_approval(end: ApprovalEnd) -> None:
    """Write down how an approval ended, and what that means for what it was about."""
    result, request = replace(end.result, reason=TypedWords.spoken(end.result.reason)), _request(end.kind, end.subject)
    if request is None:
        return  # withdrawn before it was opened
    request.move_to(ApprovalOutcome(result.outcome), ended_at=timezone.now())
    if result.outcome in ENDINGS:
        event = ENDINGS[ApprovalOutcome(result.outcome)]
        _note(request, event, by=result.by, key=str(request.round), reason=result.reason)
    SUBJECTS[end.kind].ended(request, result)
