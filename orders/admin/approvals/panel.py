"""How an approval stands, as shown on its own page and on its order's."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from orders import labels
from orders.admin.approvals import wording
from orders.admin.base import html
from orders.authorization.eligibility import Voter, in_order
from orders.models import ApprovalDecision, ApprovalLevel, ApprovalRequest
from orders.payments.card import Told, told_of
from orders.rules.approvals import ApprovalOutcome


def approval_panel(approval: ApprovalRequest, voter: Voter, told: Told | None = None) -> dict[str, Any]:
    """Levels, the history of decisions, and what the reader may do about it.

    :param approval: read by `lookups.with_subjects`
    :param voter: the reader
    :param told: what the shop was told of money for its order, where that has been read already
    """
    votes = voter.votes(approval) if voter.person.has_perm("orders.decide_approval") else []
    pending = approval.outcome == ApprovalOutcome.PENDING
    history = sorted(approval.decisions.all(), key=lambda decision: (decision.at, decision.pk), reverse=True)
    return {
        "row": approval,
        "subject": wording.subject(approval),
        "requester": wording.requester(approval),
        "amount": labels.money(approval.amount, approval.currency),
        "outcome": html.badge(labels.approval_outcome(approval.outcome), approval.outcome),
        "deadline": html.until(approval.deadline) if pending else "",
        "come": _come(approval, told),
        "levels": [_level(level) for level in in_order(approval)],
        "decisions": [_decision(decision, approval) for decision in history],
        "capacities": [wording.capacity(vote) for vote in votes],
        "why_not": "" if votes or not pending else wording.why_not(voter, approval),
        "url": reverse("admin:orders_approvalrequest_change", args=[approval.pk]),
        "buttons": buttons(approval) if votes else [],
    }


def _come(approval: ApprovalRequest, told: Told | None) -> str:
    """The money that has come for an order before it was approved, in words."""
    if approval.order is None:
        return ""
    told = told or told_of(approval.order)
    amounts = [labels.money(told.parts.received, approval.order.currency)] if told.parts.received else []
    amounts += [labels.money(event.amount, event.currency) for event in told.looked_at]
    return " + ".join(amounts)


def buttons(approval: ApprovalRequest) -> list[str]:
    """Approve and reject, each of which opens its dialog."""
    kinds = (("reject", _("Reject"), "danger"), ("approve", _("Approve"), "primary"))
    return [
        html.dialog_link(
            reverse(f"admin:orders_approvalrequest_{decision}", args=[approval.pk]),
            words,
            tone=tone,
            subject=wording.subject(approval),
        )
        for decision, words, tone in kinds
    ]


def _level(level: ApprovalLevel) -> dict[str, Any]:
    return {"role": labels.role(level.role), "state": html.badge(labels.level_state(level.state), level.state)}


def _decision(decision: ApprovalDecision, approval: ApprovalRequest) -> dict[str, Any]:
    state = "approved" if decision.approved else "rejected"
    return {
        "row": decision,
        "who": wording.decider(decision),
        "role": labels.role(decision.role),
        "state": html.badge(labels.level_state(state), state),
        "when": labels.moment(decision.at),
        "amount": labels.money(decision.amount, approval.currency),
        "comment": decision.comment,
        # the content has changed since: this was decided on something else
        "earlier": decision.fingerprint != approval.fingerprint,
    }
