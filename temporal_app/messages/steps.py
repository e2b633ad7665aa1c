"""What the workflows of an order ask of their activities."""

from dataclasses import dataclass, field
from decimal import Decimal

from orders.rules import actors
from orders.rules.approvals import DAY
from orders.rules.totals import ZERO
from temporal_app.messages.approvals import ApprovalInput, ApprovalResult
from temporal_app.messages.orders import OrderTotals, PaymentConfirmation, ShippingInfo


@dataclass(frozen=True)
class OrderStep:
    """A step of one order. `attempt` counts the payments it has asked for; `until` is a Unix time in seconds."""

    number: str
    by: str = actors.SYSTEM
    attempt: int = 0
    until: float = 0.0
    amount: Decimal = ZERO


@dataclass(frozen=True)
class LineChange:
    """Change one of an order's lines, once for each `key`."""

    number: str
    sku: str
    quantity: int
    by: str
    key: str


@dataclass(frozen=True)
class OrderContent:
    """An order's lines and total after a change, and what decisions are made on.

    :param paid: what came for the order in parts, where that is enough now
    """

    items: int
    total: Decimal
    fingerprint: str
    paid: PaymentConfirmation | None = None


@dataclass(frozen=True)
class Charge:
    """Charge a card for one attempt at an order's payment, once for each `key`."""

    number: str
    attempt: int
    amount: Decimal
    card_token: str
    by: str
    key: str


@dataclass(frozen=True)
class LateShipment:
    """Say once more that the parcel of one order has not left: the how manieth time, and when it is late again."""

    number: str
    alert: int
    until: float


@dataclass(frozen=True)
class Shipped:
    """Record that the parcel of one order has left."""

    number: str
    shipping: ShippingInfo
    until: float


@dataclass(frozen=True)
class TimelineMessage:
    """Something to note on an order's timeline: an event's name, who, and details without personal data."""

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
class FailedReversal:
    """An undo that failed for good."""

    number: str
    step: str
    error: str


@dataclass(frozen=True)
class Ending:
    """Why and by whom an order is ended: a code that programs compare, and what a person gave as reason."""

    number: str
    code: str
    reason: str
    by: str


@dataclass(frozen=True)
class FulfillmentInput:
    """What a fulfilment starts with; `shipped` where the parcel left before, and its fulfilment was lost."""

    number: str
    shipment_seconds: int = 30 * DAY
    delivery_after_seconds: int = 3 * DAY
    shipped: ShippingInfo | None = None


@dataclass(frozen=True)
class ChildRun:
    """A child of a saga: which workflow, which run, and whether it outlives the run of the saga that started it."""

    id: str
    run_id: str
    outlives: bool = True


@dataclass(frozen=True)
class ChildEnd:
    """How a child ended, as it tells a later run of its saga: what was decided, or the type of failure and why."""

    run_id: str
    approval: ApprovalResult | None = None
    failure: str = ""
    reason: str = ""


@dataclass(frozen=True)
class AnsweredUpdate:
    """What an update was answered: a word, or an order's totals. `key` tells it from every other."""

    key: str
    word: str = ""
    totals: OrderTotals | None = None


@dataclass(frozen=True)
class UnusedPayment:
    """A matched payment event that its order cannot use; `closing` where the order is being undone, which its row may
    not say yet."""

    payment_event_id: int
    closing: bool = False


@dataclass(frozen=True)
class MatchResult:
    """What a payment event means: whom to signal, if anybody; or which approval it needs first."""

    outcome: str
    number: str = ""
    confirmation: PaymentConfirmation | None = None
    approval: ApprovalInput | None = None


@dataclass(frozen=True)
class OutboxResult:
    """How many mails went out, and in how many seconds to try the rest; zero where there is no rest."""

    sent: int
    retry_in_seconds: int = 0
