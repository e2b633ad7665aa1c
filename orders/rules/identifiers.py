"""Ids of workflows. Other programs rely on them: whoever knows an order's number finds its workflows."""

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime

NOTIFICATION_OUTBOX = "notification-outbox"
_END_TO_END = re.compile(r"REFUND-([1-9][0-9]{0,17})")
_ORDER_NUMBER = re.compile(r"ORD-\d{4}-\d{6,}")
# Temporal adds the time of each run
SCHEDULED_BATCH = "payment-batch"
PAYMENT_EVENT_SWEEP = "payment-event-sweep"
WORKFLOW_WATCH = "workflow-watch"
RESERVATION_SWEEP = "reservation-sweep"
SCHEDULED_MIRROR_CHECK = "mirror-check"
RETENTION = "retention"


def account(customer_id: int) -> str:
    """The workflow that keeps a customer's credit."""
    return f"account-{customer_id}"


def cart(cart_id: str) -> str:
    """The workflow that holds a cart."""
    return f"cart-{cart_id}"


def order_saga(number: str) -> str:
    """The workflow that carries an order."""
    return f"order-saga-{number}"


def fulfillment(number: str) -> str:
    """The workflow that brings an order to the doorstep."""
    return f"fulfillment-{number}"


def approval(kind: str, subject: str) -> str:
    """The workflow that gathers decisions on an order (by number), or on something else (by id)."""
    return f"approval-{kind}-{subject}"


def erasure(record_id: int) -> str:
    """The workflow that forgets a customer."""
    return f"erasure-{record_id}"


def payment_batch(unique: str) -> str:
    """A workflow that checks all payments because a person said so."""
    return f"payment-batch-{unique}"


def mirror_check(unique: str) -> str:
    """A look through the shop that a person asked for."""
    return f"mirror-check-{unique}"


def payment_monitor(number: str) -> str:
    """The workflow that watches one order's payment."""
    return f"payment-monitor-{number}"


def payment_coordinator(unique: str) -> str:
    """A workflow that watches chosen orders' payments."""
    return f"payment-coordinator-{unique}"


def payment_hybrid(unique: str) -> str:
    """A workflow that checks chosen orders' payments at once."""
    return f"payment-hybrid-{unique}"


def fulfillment_watch(number: str) -> str:
    """The workflow that sees a paid order's fulfilment start."""
    return f"fulfillment-watch-{number}"


def payment_matching(payment_event_id: int) -> str:
    """The workflow that finds out what a payment event means."""
    return f"payment-event-{payment_event_id}"


def payment_page(number: str) -> str:
    """The workflow that opens the payment provider's page for an order."""
    return f"payment-page-{number}"


def payment_resolution(decision_id: int) -> str:
    """The workflow that carries out one decision about a payment that did not match."""
    return f"payment-resolution-{decision_id}"


def credit_adjustment(adjustment_id: int) -> str:
    """The workflow that gives or takes store credit as a member of staff has asked."""
    return f"credit-adjustment-{adjustment_id}"


def order_reopening(number: str, request_id: str) -> str:
    """The workflow that places an order anew which was not paid in time, for one request."""
    return f"order-reopening-{number}-{request_id}"


def stock_adjustment(adjustment_id: int) -> str:
    """The workflow that applies a stock adjustment."""
    return f"stock-adjustment-{adjustment_id}"


def statement_import(statement_id: int) -> str:
    """The workflow that takes an account statement."""
    return f"statement-import-{statement_id}"


def refund_task(task_id: int) -> str:
    """The workflow that notes that finance has made a refund."""
    return f"refund-task-{task_id}"


def refund_export(task_ids: Iterable[int]) -> str:
    """The workflow that puts these refunds into a file; the same ones make the same id."""
    digest = hashlib.sha256(",".join(map(str, sorted(task_ids))).encode()).hexdigest()
    return f"refund-export-{digest[:24]}"


def refund_withdrawal(batch_id: int) -> str:
    """The workflow that withdraws a file of refunds."""
    return f"refund-withdrawal-{batch_id}"


def debit_settlement(debit_id: int) -> str:
    """The workflow that notes that a person has dealt with a debit."""
    return f"debit-settlement-{debit_id}"


def refund_file(made_at: datetime, batch_id: int) -> str:
    """What the bank knows a file of refunds by, `REFUNDS-20260302-17`; at most 35 characters."""
    return f"REFUNDS-{made_at:%Y%m%d}-{batch_id}"


def end_to_end(task_id: int) -> str:
    """What a refund's transfer is called from end to end, `REFUND-17`; at most 35 characters."""
    return f"REFUND-{task_id}"


def refund_of(end_to_end_id: str) -> int | None:
    """The refund whose transfer is called so; None where it is none of ours."""
    found = _END_TO_END.fullmatch(end_to_end_id.strip().upper())
    return int(found[1]) if found else None


def refund(refund_id: int) -> str:
    """The workflow that carries out a refund in part."""
    return f"refund-{refund_id}"


def retry_compensation(failure_id: int) -> str:
    """The workflow that tries once more to undo a step."""
    return f"retry-compensation-{failure_id}"


def settle_compensation(decision_id: int) -> str:
    """The workflow that notes that a step was settled by hand."""
    return f"settle-compensation-{decision_id}"


def order_number(workflow_id: str) -> str:
    """The number of the order that a workflow is about; empty where its id names none."""
    named = _ORDER_NUMBER.search(workflow_id)
    return named[0] if named else ""
