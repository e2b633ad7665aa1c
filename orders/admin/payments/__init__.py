"""Payments: events, those that match no order, account statements, refunds to make, and checks."""

from orders.admin.payments import (
    checks,
    debits,
    outages,
    payment_events,
    refund_files,
    refund_tasks,
    refunds,
    statements,
)

__all__ = ["checks", "debits", "outages", "payment_events", "refund_files", "refund_tasks", "refunds", "statements"]
