"""What crosses the wire: one frozen dataclass a message, defaults for everything added later.

Ids, never objects, and no personal data: every message stays in a history that many may read. Amounts are
`Decimal` here and decimal strings in JSON; durations are whole seconds.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from orders.rules.approvals import DAY, ApprovalTier, AtDeadline
from orders.rules.totals import ZERO

# --- cart ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CartItem:
    """So many pieces of one product."""

    sku: str
    quantity: int = 1


@dataclass(frozen=True)
class CartTotals:
    """How many different products a cart holds, and what they cost."""

    items: int
    total: Decimal


@dataclass(frozen=True)
class CartInput:
    """What a cart starts with, and what the last run hands to the next.

    :param on_expiry: `checkout` or `expire`, what happens `lifetime_seconds` after the last change
    :param processed: ids of updates answered by earlier runs, with their answers
    """

    cart_id: str
    customer_id: int | None = None
    lifetime_seconds: int = DAY
    on_expiry: str = "checkout"
    items: tuple[CartItem, ...] = ()
    total: Decimal = ZERO
    processed: dict[str, CartTotals] = field(default_factory=dict)
    changed_at: float = 0.0
    deadlines: "OrderDeadlines | None" = None


@dataclass(frozen=True)
class CheckoutRequest:
    """Turn a cart into an order. Name and address stand in the cart's contact details, not here."""

    by: str
    payment_method: str = "sandbox"


# --- order --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OrderDeadlines:
    """How long an order waits for what, in seconds."""

    payment: int = 14 * DAY
    approval: int = 7 * DAY
    shipment: int = 30 * DAY
    delivery_after: int = 3 * DAY


@dataclass(frozen=True)
class OrderInput:
    """What a saga starts with: the deadlines and approval tiers that held when the order was placed."""

    number: str
    total: Decimal
    lines: int
    payment_method: str = "sandbox"
    requested_by: str = "system"
    fingerprint: str = ""
    language: str = "en"
    currency: str = "EUR"
    tiers: tuple[ApprovalTier, ...] = ()
    deadlines: OrderDeadlines = OrderDeadlines()


@dataclass(frozen=True)
class OrderItem:
    """So many more pieces of one product, onto a pending order."""

    sku: str
    quantity: int = 1
    by: str = "system"


@dataclass(frozen=True)
class OrderTotals:
    """An order's lines and total after a change."""

    items: int
    total: Decimal


@dataclass(frozen=True)
class PaymentInfo:
    """A card payment for exactly the order's total. The token is the provider's, never a card number."""

    payment_method: str
    amount: Decimal
    card_token: str
    by: str = "system"


@dataclass(frozen=True)
class PaymentConfirmation:
    """A provider (or a person) says that the money is there."""

    reference: str
    amount: Decimal
    by: str = "system"


@dataclass(frozen=True)
class ShippingInfo:
    """The parcel has left the house."""

    carrier: str
    tracking_number: str
    by: str = "system"


@dataclass(frozen=True)
class DeliveryInfo:
    """The parcel has arrived."""

    by: str = "system"


@dataclass(frozen=True)
class CancelRequest:
    """Someone wants the order undone."""

    reason: str
    by: str = "system"


@dataclass(frozen=True)
class OrderProgress:
    """One glance at an order: status, what it waits for and until when (ISO 8601, empty where nothing)."""

    status: str
    waiting_for: str
    waiting_until: str
    items_count: int
    total_amount: Decimal
    payment_status: str
    shipping_status: str


@dataclass(frozen=True)
class PendingOperation:
    """Something a saga has begun and not finished."""

    step: str
    since: str


@dataclass(frozen=True)
class OrderState:
    """Everything a saga knows, for people who look for a fault."""

    number: str
    status: str
    waiting_for: str
    waiting_until: str
    total: Decimal
    items: int
    language: str
    attempt: int
    payment_reference: str
    transaction: str
    cancel_reason: str
    steps_done: tuple[str, ...]
    steps_undone: tuple[str, ...]
    steps_in_trouble: tuple[str, ...]


# --- what the saga asks of its activities -----------------------------------------------------------------------


@dataclass(frozen=True)
class OrderStep:
    """A step of one order. `key` tells one attempt's effect from another's; `until` is a Unix time in seconds."""

    number: str
    by: str = "system"
    key: str = ""
    until: float = 0.0
    amount: Decimal = ZERO
    reference: str = ""


@dataclass(frozen=True)
class LineChange:
    """Add to an order's lines, once for each `key`."""

    number: str
    sku: str
    quantity: int
    by: str
    key: str


@dataclass(frozen=True)
class OrderContent:
    """An order's lines and total after a change, and what decisions are made on."""

    items: int
    total: Decimal
    fingerprint: str


@dataclass(frozen=True)
class Charge:
    """Charge a card for one attempt at an order's payment."""

    number: str
    attempt: int
    amount: Decimal
    card_token: str
    by: str


@dataclass(frozen=True)
class Shipped:
    """Record that the parcel of one order has left."""

    number: str
    shipping: ShippingInfo
    until: float


@dataclass(frozen=True)
class Remark:
    """Something to note on an order's timeline: a happening's name, who, and details without personal data."""

    number: str
    kind: str
    by: str
    key: str = ""
    data: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LanguageChange:
    """Speak another language to the customer of one order."""

    number: str
    language: str
    key: str


@dataclass(frozen=True)
class UndoFailure:
    """An undo that failed for good."""

    number: str
    step: str
    error: str


@dataclass(frozen=True)
class Ending:
    """Why and by whom an order is ended."""

    number: str
    reason: str
    by: str


@dataclass(frozen=True)
class FulfillmentInput:
    """What a fulfilment starts with."""

    number: str
    shipment_seconds: int = 30 * DAY
    delivery_after_seconds: int = 3 * DAY


# --- approval -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ApprovalInput:
    """What an approval starts with; the tier is kept whatever becomes of the policy.

    :param subject: an order's number, or an expense's id
    :param requested_by: who may not decide
    """

    kind: str
    subject: str
    amount: Decimal
    roles: tuple[str, ...]
    requested_by: str = "system"
    fingerprint: str = ""
    deadline_seconds: int = 7 * DAY
    at_deadline: str = AtDeadline.REJECT
    remind_before_seconds: int = 0
    escalate_to: str = ""
    round: int = 1


@dataclass(frozen=True)
class Decision:
    """One person's decision for one role. `fingerprint`, where given, is what that person was looking at."""

    role: str
    approved: bool
    comment: str = ""
    by: str = "system"
    fingerprint: str = ""


@dataclass(frozen=True)
class ApprovalState:
    """How an approval stands: its outcome and each role's state."""

    outcome: str
    levels: dict[str, str]


@dataclass(frozen=True)
class ApprovalResult:
    """How an approval ended, by whom and why."""

    outcome: str
    by: str = "system"
    reason: str = ""


@dataclass(frozen=True)
class ApprovalRevision:
    """What is being approved has changed while it was being approved."""

    amount: Decimal
    fingerprint: str
    roles: tuple[str, ...]
    by: str = "system"


@dataclass(frozen=True)
class ApprovalOpening:
    """Record that an approval was asked for, or asked anew in another round."""

    approval: ApprovalInput
    deadline: float


@dataclass(frozen=True)
class DecisionRecord:
    """Record one decision in one round of one approval."""

    kind: str
    subject: str
    round: int
    decision: Decision


@dataclass(frozen=True)
class ApprovalEnd:
    """Record how an approval ended."""

    kind: str
    subject: str
    result: ApprovalResult


# --- smaller processes --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class IntakeResult:
    """What a payment notice means: whom to signal, if anybody."""

    outcome: str
    number: str = ""
    confirmation: PaymentConfirmation | None = None


@dataclass(frozen=True)
class OutboxResult:
    """How many mails went out, and in how many seconds to try the rest; zero where there is no rest."""

    sent: int
    retry_in_seconds: int = 0


# --- payment checks -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BatchInput:
    """What a batch of payment checks starts with, and what the last run hands to the next.

    :param cursor: the last order (row id) that was checked
    """

    by: str = "schedule:hourly-payment-batch"
    page_size: int = 100
    pages_per_run: int = 10
    cursor: int = 0
    processed: int = 0
    paid: int = 0
    failed: int = 0
    batches: int = 0
    started_at: float = 0.0
