"""How an approval stands, as shown on its own page and on its order's."""

from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from orders import labels
from orders.admin.approvals import wording
from orders.admin.base import html
from orders.authorization.eligibility import Voter, in_order
from orders.models import ApprovalDecision, ApprovalLevel, ApprovalRequest
from orders.payments import parts
from orders.payments.card import looked_at
from orders.rules.approvals import ApprovalOutcome


def approval_panel(approval: ApprovalRequest, reader: User) -> dict[str, Any]:
    """Levels, the history of decisions, and what the reader may do about it.

    :param approval: read by `lookups.with_subjects`
    """
    voter = Voter.of(reader, timezone.now())
    votes = voter.votes(approval) if reader.has_perm("orders.decide_approval") else []
    pending = approval.outcome == ApprovalOutcome.PENDING
    history = sorted(approval.decisions.all(), key=lambda decision: (decision.at, decision.pk), reverse=True)
    return {
        "row": approval,
        "subject": wording.subject(approval),
        "requester": wording.requester(approval),
        "amount": labels.money(approval.amount, approval.currency),
        "outcome": html.badge(labels.approval_outcome(approval.outcome), approval.outcome),
        "deadline": html.until(approval.deadline) if pending else "",
        "come": _come(approval),
        "levels": [_level(level) for level in in_order(approval)],
        "decisions": [_decision(decision, approval) for decision in history],
        "capacities": [wording.capacity(vote) for vote in votes],
        "why_not": "" if votes or not pending else wording.why_not(voter, approval),
        "url": reverse("admin:orders_approvalrequest_change", args=[approval.pk]),
        "buttons": buttons(approval) if votes else [],
    }


def _come(approval: ApprovalRequest) -> str:
    """The money that has come for an order before it was approved, in words."""
    if approval.order is None:
        return ""
    received = parts.received(approval.order)
    amounts = [labels.money(received, approval.order.currency)] if received else []
    amounts += [labels.money(event.amount, event.currency) for event in looked_at(approval.order)]
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
