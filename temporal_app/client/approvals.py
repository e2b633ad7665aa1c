"""Client functions to approvals: deciding, and handing an expense in to be decided."""

from dataclasses import replace

from asgiref.sync import sync_to_async
from django.db.models import F
from django.utils import timezone
from temporalio.common import WorkflowIDReusePolicy

from orders import labels
from orders.authorization.eligibility import check_eligibility
from orders.models import ApprovalDecision, ApprovalPolicy, ApprovalRequest, ExpenseRequest, TypedWords
from orders.models.approval import ApprovalKind
from orders.rules import actors, identifiers
from orders.rules.approvals import DECIDED, ApprovalOutcome, LevelState, deciding_tier, outcome
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import ExpenseState
from temporal_app import messages, names, policies
from temporal_app.client.calls import Gone, client_function, send_update, start_once
from temporal_app.client.errors import Refused, Unavailable
from temporal_app.client.mirror import existing_order, wait_until_visible
from temporal_app.workflows.approval import ApprovalWorkflow

TOO_LATE = (Refusal.ALREADY_DECIDED, Refusal.APPROVAL_CLOSED)


@client_function
async def decide(
    kind: str, subject: str, *, role: str, approved: bool, comment: str = "", by: str, fingerprint: str = ""
) -> messages.ApprovalState:
    """Decide for a role on an order (by number), or on something else (by id); returns how the approval stands then.

    :param fingerprint: what the person looked at; if it has changed since, the decision is refused
    """
    decision = messages.Decision(role, approved, comment, by, fingerprint)
    try:
        await sync_to_async(_check)(kind, subject, decision)
        decision = replace(decision, comment=await sync_to_async(TypedWords.keep)(comment, by=by))
        state = await send_update(identifiers.approval(kind, subject), ApprovalWorkflow.decide, decision)
    except Gone:
        if kind == ApprovalKind.ORDER:
            await existing_order(subject)
        raise await sync_to_async(_who_decided)(kind, subject, role) from None
    except Refused as refused:
        await sync_to_async(TypedWords.forget)(decision.comment)
        if refused.code not in TOO_LATE:
            raise
        raise await sync_to_async(_who_decided)(kind, subject, role) from refused
    except Unavailable:
        state = None
    return state or await sync_to_async(_what_stands)(kind, subject, decision)


def _check(kind: str, subject: str, decision: messages.Decision) -> None:
    """Refuse here what the tables forbid already, so that the workflow is not troubled with it."""
    request = _request(kind, subject)
    if request is None:
        return  # the workflow may be about to open it
    try:
        check_eligibility(
            request,
            role=decision.role,
            approved=decision.approved,
            comment=decision.comment,
            by=decision.by,
            seen=decision.fingerprint,
            at=timezone.now(),
        )
    except RuleBroken as broken:
        raise Refused(broken.code, broken.params) from broken


def _request(kind: str, subject: str) -> ApprovalRequest | None:
    return ApprovalRequest.objects.about(kind, subject).first()


def _what_stands(kind: str, subject: str, decision: messages.Decision) -> messages.ApprovalState:
    """What became of a decision that nobody answered in time.

    :raises Refused: somebody else was faster
    :raises Unavailable: nobody knows of it, so far
    """
    request = _request(kind, subject)
    levels = {level.role: LevelState(level.state) for level in request.levels.all()} if request else {}
    if request is None or levels.get(decision.role) not in DECIDED:
        raise Unavailable
    stands = request.decisions.filter(round=request.round, role=decision.role)
    if not stands.filter(actor=decision.by, approved=decision.approved).exists():
        raise _who_decided(kind, subject, decision.role)
    ended = request.outcome if request.outcome != ApprovalOutcome.PENDING else outcome(levels)
    return messages.ApprovalState(ended, {role: state.value for role, state in levels.items()})


def _who_decided(kind: str, subject: str, role: str) -> Refused:
    """Why it is too late to decide: who did so and when, where somebody did."""
    request = _request(kind, subject)
    if request is None:
        return Refused(Refusal.ROLE_NOT_ASKED, {"role": role})
    decisions = request.decisions.filter(round=F("request__round")).select_related("person")
    decision = decisions.filter(role=role).first() or decisions.filter(approved=False).first()
    if decision is None:
        return Refused(Refusal.APPROVAL_CLOSED, {"outcome": request.outcome})
    code = Refusal.ALREADY_APPROVED_BY if decision.approved else Refusal.ALREADY_REJECTED_BY
    return Refused(code, {"who": _who(decision), "when": _when(decision)})


def _who(decision: ApprovalDecision) -> str:
    person = decision.person
    return person.get_full_name() or person.get_username() if person else decision.actor


def _when(decision: ApprovalDecision) -> str:
    """The time of day; with the date, where that is not today."""
    at = timezone.localtime(decision.at)
    return f"{at:%H:%M}" if at.date() == timezone.localdate() else labels.moment(at)


@client_function
async def submit_expense(expense_id: int) -> None:
    """Have an expense decided that its requester has filed, once; it keeps the policy of this moment."""
    expense = await ExpenseRequest.objects.aget(pk=expense_id)
    started = expense.state == ExpenseState.DRAFT and await _start_approval(expense)
    if not started:
        raise Refused(Refusal.ALREADY_SUBMITTED)
    await wait_until_visible(ExpenseRequest.objects.filter(pk=expense_id).exclude(state=ExpenseState.DRAFT))


async def _start_approval(expense: ExpenseRequest) -> bool:
    tiers = await sync_to_async(ApprovalPolicy.objects.tiers)(ApprovalKind.EXPENSE)
    tier = deciding_tier(expense.amount, tiers)
    approval = messages.ApprovalInput(
        kind=ApprovalKind.EXPENSE,
        subject=str(expense.pk),
        amount=expense.amount,
        roles=tier.roles,
        requested_by=actors.user(expense.requester_id),
        fingerprint=expense.fingerprint(),
        deadline_seconds=tier.deadline_seconds,
        at_deadline=tier.at_deadline,
        remind_before_seconds=tier.remind_before_seconds,
        escalate_to=tier.escalate_to,
    )
    return await start_once(
        ApprovalWorkflow.run,
        approval,
        id=identifiers.approval(approval.kind, approval.subject),
        task_queue=names.ORDERS_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        execution_timeout=policies.approval_timeout(tier.deadline_seconds),
    )
