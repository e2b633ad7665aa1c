"""Payments: events, those that match no order, account statements, refunds to make, and checks."""

from orders.admin.payments import (
    checks,
    credit_adjustments,
    debits,
    outages,
    payment_events,
    refund_files,
    refund_tasks,
    refunds,
    statements,
)

__all__ = [
    "checks",
    "credit_adjustments",
    "debits",
    "outages",
    "payment_events",
    "refund_files",
    "refund_tasks",
    "refunds",
    "statements",
]
