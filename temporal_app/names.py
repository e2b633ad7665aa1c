"""Names that other programs rely on: queues, schedules, workflow ids, and how an actor is written."""

ORDERS_QUEUE = "orders"
SHOPPING_QUEUE = "shopping"
PAYMENT_CHECKS_QUEUE = "payment-checks"

PAYMENT_BATCH_SCHEDULE = "hourly-payment-batch"
NOTIFICATION_OUTBOX = "notification-outbox"

SYSTEM = "system"
WAIT_FOR_STATUS = "wait_for_status"


def cart_workflow(cart_id: str) -> str:
    """Id of the workflow that holds a cart."""
    return f"cart-{cart_id}"


def order_saga(number: str) -> str:
    """Id of the workflow that carries an order."""
    return f"order-saga-{number}"


def fulfillment(number: str) -> str:
    """Id of the workflow that brings an order to the doorstep."""
    return f"fulfillment-{number}"


def approval(kind: str, subject: str) -> str:
    """Id of the workflow that gathers decisions on an order (by number) or an expense (by id)."""
    return f"approval-{kind}-{subject}"


def payment_monitor(number: str) -> str:
    """Id of the workflow that watches one order's payment."""
    return f"payment-monitor-{number}"


def payment_coordinator(unique: str) -> str:
    """Id of a workflow that watches chosen orders' payments."""
    return f"payment-coordinator-{unique}"


def payment_hybrid(unique: str) -> str:
    """Id of a workflow that checks chosen orders' payments at once."""
    return f"payment-hybrid-{unique}"


def fulfillment_watch(number: str) -> str:
    """Id of the workflow that sees a paid order's fulfilment start."""
    return f"fulfillment-watch-{number}"


def payment_matching(payment_event_id: int) -> str:
    """Id of the workflow that finds out what a payment event means."""
    return f"payment-event-{payment_event_id}"


def payment_resolution(decision_id: int) -> str:
    """Id of the workflow that carries out one decision about a payment that did not match."""
    return f"payment-resolution-{decision_id}"


def stock_adjustment(adjustment_id: int) -> str:
    """Id of the workflow that applies a stock adjustment."""
    return f"stock-adjustment-{adjustment_id}"


def statement_import(statement_id: int) -> str:
    """Id of the workflow that takes an account statement."""
    return f"statement-import-{statement_id}"


def refund_task(task_id: int) -> str:
    """Id of the workflow that notes that finance has made a refund."""
    return f"refund-task-{task_id}"


def user(user_id: int) -> str:
    """How a member of staff is written in `by`."""
    return f"user:{user_id}"


def customer(user_id: int | None) -> str:
    """How a customer is written in `by`; a guest has no number."""
    return f"customer:{user_id or 'guest'}"


def customer_id(by: str) -> int | None:
    """The number of the signed-in customer who is written like this; None for everybody else."""
    kind, _colon, number = by.partition(":")
    return int(number) if kind == "customer" and number.isdecimal() else None


def webhook(provider: str) -> str:
    """How a payment provider's webhook is written in `by`."""
    return f"webhook:{provider}"
