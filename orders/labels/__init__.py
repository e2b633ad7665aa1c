"""Words for people. Code and tables compare values; pages, the admin and mails say what stands here.

`labels.order_status("paid")` is a label, `labels.order_status.choices()` what a filter offers,
`labels.event(entry)` a sentence, `labels.refusal(error.code, error.params)` why not.
"""

from orders.labels.activities import activity, activity_partner
from orders.labels.checks import (
    check_kind,
    check_outcome,
    mismatch,
    near_by,
    payment_check_end,
    resolution_action,
    resolution_state,
)
from orders.labels.enums import (
    Labels,
    approval_kind,
    approval_outcome,
    at_deadline,
    cancel_reason,
    card_state,
    cart_state,
    expense_state,
    language,
    level_state,
    mail_kind,
    order_status,
    payment_event_outcome,
    payment_method,
    payment_state,
    provider,
    role,
    shipment_state,
    status_for_customers,
    waiting_for,
)
from orders.labels.formats import actor, clock, listed, moment, money, refusal, roles
from orders.labels.mirror import check_end, invariant
from orders.labels.order_events import event, reason
from orders.labels.reversals import reversal_action, reversal_state, reversal_step, workflow_end
from orders.labels.statements import refund_obstacle, refund_state, statement_problem, statement_state
from orders.labels.times import ago, overdue, remaining

__all__ = [
    "Labels",
    "activity",
    "activity_partner",
    "actor",
    "ago",
    "approval_kind",
    "approval_outcome",
    "at_deadline",
    "cancel_reason",
    "card_state",
    "cart_state",
    "check_end",
    "check_kind",
    "check_outcome",
    "clock",
    "event",
    "expense_state",
    "invariant",
    "language",
    "level_state",
    "listed",
    "mail_kind",
    "mismatch",
    "moment",
    "money",
    "near_by",
    "order_status",
    "overdue",
    "payment_check_end",
    "payment_event_outcome",
    "payment_method",
    "payment_state",
    "provider",
    "reason",
    "refund_obstacle",
    "refund_state",
    "refusal",
    "remaining",
    "resolution_action",
    "resolution_state",
    "reversal_action",
    "reversal_state",
    "reversal_step",
    "role",
    "roles",
    "shipment_state",
    "statement_problem",
    "statement_state",
    "status_for_customers",
    "waiting_for",
    "workflow_end",
]
