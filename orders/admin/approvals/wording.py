"""An approval in words: what it is about, how it stands, and why somebody cannot decide it."""

from django.utils.translation import gettext as _

from orders import labels
from orders.admin.base import people
from orders.authorization.eligibility import Vote, Voter, in_order
from orders.models import ApprovalDecision, ApprovalRequest
from orders.rules.approvals import ApprovalOutcome, LevelState
from orders.rules.refusals import SENTENCES, Refusal, RuleBroken
from temporal_app.messages import ApprovalState


def why_not(voter: Voter, approval: ApprovalRequest) -> str:
    """Why this person cannot decide anything here now; empty where they can."""
    verdicts = list(voter.verdicts(approval))
    if any(isinstance(verdict, Vote) for _role, verdict in verdicts):
        return ""
    if approval.outcome != ApprovalOutcome.PENDING or not verdicts:
        return settled(approval)
    reasons = dict.fromkeys(labels.refusal(reason.code, reason.params) for reason in _strongest(verdicts))
    return " ".join(reasons)


def _strongest(verdicts: list[tuple[str, Vote | RuleBroken]]) -> list[RuleBroken]:
    reasons = [verdict for _role, verdict in verdicts if isinstance(verdict, RuleBroken)]
    # "only directors may" says little to somebody whose own request it is
    personal = [reason for reason in reasons if reason.code != Refusal.NOT_IN_ROLE]
    return personal[:1] or reasons


def settled(approval: ApprovalRequest) -> str:
    """How an approval that nobody is asked about any more came to its end."""
    last: ApprovalDecision | None = max(approval.decisions.all(), key=lambda decision: decision.at, default=None)
    if last is None or approval.outcome in (ApprovalOutcome.EXPIRED, ApprovalOutcome.WITHDRAWN):
        return labels.refusal(Refusal.APPROVAL_CLOSED, {"outcome": approval.outcome})
    code = Refusal.ALREADY_APPROVED_BY if last.approved else Refusal.ALREADY_REJECTED_BY
    return _(SENTENCES[code]) % {"who": decider(last), "when": labels.moment(last.at)}


def capacity(vote: Vote) -> str:
    """In what capacity somebody votes: the role, and in whose place."""
    if vote.acting_for is None:
        return labels.role(vote.role)
    return _("%(role)s, in place of %(name)s") % {"role": labels.role(vote.role), "name": people.name(vote.acting_for)}


def decider(decision: ApprovalDecision) -> str:
    """Who decided, and in whose place."""
    who = people.name(decision.person) if decision.person else labels.actor(decision.actor)
    if decision.acting_for is None:
        return who
    return _("%(who)s, in place of %(name)s") % {"who": who, "name": people.name(decision.acting_for)}


def subject(approval: ApprovalRequest) -> str:
    """What an approval is about: an order's number, an expense's category, or what is to be written off."""
    if approval.write_off:
        failure = approval.write_off.failure
        words = {"step": labels.reversal_step(failure.step), "number": failure.order.number}
        return _("Write-off: %(step)s of %(number)s") % words
    if approval.debit_write_off:
        debit = approval.debit_write_off.debit
        return _("Write-off of a debit: %(number)s") % {"number": debit.order_number or labels.day(debit.booked_on)}
    if approval.money:
        words = {"what": labels.approval_kind(approval.kind), "number": approval.money.named_order}
        return _("%(what)s: %(number)s") % words
    if approval.credit_adjustment:
        words = {"name": people.name(approval.credit_adjustment.customer)}
        taken = approval.credit_adjustment.out
        return (_("Take store credit of %(name)s") if taken else _("Store credit for %(name)s")) % words
    if approval.refund:
        return _("Refund for %(number)s") % {"number": approval.refund.order.number}
    if approval.expense:
        return _("Expense %(id)s, %(category)s") % {"id": approval.expense.pk, "category": approval.expense.category}
    return subject_key(approval)


def subject_key(approval: ApprovalRequest) -> str:
    """How the client function names what an approval is about."""
    return approval.subject


def requester(approval: ApprovalRequest) -> str:
    """Who wants it: the customer's name as typed at checkout, or the member of staff."""
    if approval.write_off:
        return people.name(approval.write_off.decided_by)
    if approval.debit_write_off:
        return people.name(approval.debit_write_off.asked_by)
    if approval.money:
        return people.names([approval.requested_by]).get(approval.requested_by, "–")
    if approval.credit_adjustment:
        return people.name(approval.credit_adjustment.asked_by)
    if approval.refund:
        return people.name(approval.refund.asked_by)
    if approval.expense:
        return people.name(approval.expense.requester)
    return approval.order.name if approval.order else "–"


def facts(approval: ApprovalRequest) -> list[tuple[str, object]]:
    """What a person should see before they decide."""
    return [
        (_("About"), subject(approval)),
        (_("Requested by"), requester(approval)),
        (_("Amount"), labels.money(approval.amount, approval.currency)),
        *([(_("Reason"), approval.write_off.text)] if approval.write_off else []),
        *payment(approval),
        *([(_("Reason"), approval.refund.reason)] if approval.refund else []),
        *([(_("Reason"), approval.credit_adjustment.reason)] if approval.credit_adjustment else []),
        *([(_("Reason"), approval.debit_write_off.reason)] if approval.debit_write_off else []),
        (_("Decisions"), levels(approval)),
    ]


def payment(approval: ApprovalRequest) -> list[tuple[str, object]]:
    """The payment that somebody wants to count, or to do for another amount, beside what the order costs."""
    money, order, decision = approval.money, approval.concerns, approval.resolution
    if money is None:
        return []
    total = labels.money(order.total, order.currency) if order else ""
    return [
        *([(_("Customer"), order.name), (_("Order's total"), total)] if order else []),
        (_("Payment"), labels.money(money.amount, money.currency)),
        (_("Reference"), money.reference),
        *([(_("Did not match"), labels.mismatch(decision.mismatch))] if decision else []),
        *([(_("Reason"), decision.reason)] if decision and decision.reason else []),
    ]


def levels(approval: ApprovalRequest) -> str:
    """All levels with their states in one line."""
    ordered = in_order(approval)
    return " · ".join(f"{labels.role(level.role)}: {labels.level_state(level.state)}" for level in ordered)


def verdict(state: ApprovalState, about: str, *, approved: bool) -> str:
    """What the server made of a decision."""
    if not approved:
        return _("%(subject)s: rejected.") % {"subject": about}
    if state.outcome == ApprovalOutcome.APPROVED:
        return _("%(subject)s: fully approved.") % {"subject": about}
    pending = [role for role, level in state.levels.items() if level == LevelState.PENDING]
    return _("%(subject)s: approved, now waiting for: %(roles)s.") % {"subject": about, "roles": labels.roles(pending)}
