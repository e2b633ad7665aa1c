"""Names that other programs rely on: task queues and the schedule; and what is started by name, or told so."""

from types import MappingProxyType
from typing import Literal

ORDERS_QUEUE = "orders"
SHOPPING_QUEUE = "shopping"
PAYMENT_CHECKS_QUEUE = "payment-checks"
MAIL_QUEUE = "mail"
# Whom the shop calls, besides payment providers, which go by the name of their payment method.
CARRIER = "carrier"
ANY_PROVIDER = "any"  # where a workflow does not know which

PAYMENT_BATCH_SCHEDULE = "hourly-payment-batch"
MIRROR_CHECK_SCHEDULE = "nightly-mirror-check"
PAYMENT_EVENT_SWEEP_SCHEDULE = "payment-event-sweep"
WORKFLOW_WATCH_SCHEDULE = "workflow-watch"
RESERVATION_SWEEP_SCHEDULE = "reservation-sweep"
RETENTION_SCHEDULE = "nightly-retention"

# Activities know no workflows; see `temporal_app.workflows.notification_outbox` and `order_saga`.
NOTIFICATION_OUTBOX_WORKFLOW = "NotificationOutboxWorkflow"
WAKE = "wake"
# What activities ask of a customer's account; see `temporal_app.workflows.customer_account`.
CUSTOMER_ACCOUNT_WORKFLOW = "CustomerAccountWorkflow"
DEPOSIT: Literal["deposit"] = "deposit"
WITHDRAW: Literal["withdraw"] = "withdraw"
# A coordinator starts monitors, so those tell it by name.
MONITOR_ENDED = "monitor_ended"
GET_FULL_STATE = "get_full_state"

# What an approval begins when it is given, by its kind: these begin approvals, so it knows them by name.
AFTER_APPROVAL = MappingProxyType(
    {
        "mark_paid": "PaymentMatchingWorkflow",
        "accept_difference": "PaymentResolutionWorkflow",
        "credit_payment": "PaymentResolutionWorkflow",
        "credit": "CreditAdjustmentWorkflow",
    }
)

# A child and its saga do not import each other; see `temporal_app.workflows.children`.
REPORT_END = "report_end"
CHILD_ENDED = "child_ended"


def calls_queue(whom: str) -> str:
    """The queue on which a payment provider or the carrier is called, e.g. `calls-stripe`."""
    return f"calls-{whom}"
