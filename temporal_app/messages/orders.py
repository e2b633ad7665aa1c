"""Messages of an order's saga and its fulfilment, as others send them and read them."""

from dataclasses import dataclass
from decimal import Decimal

from orders.rules import actors
from orders.rules.approvals import DAY, ApprovalTier
from orders.rules.totals import ZERO
from temporal_app.messages.outside import FromOutside


@dataclass(frozen=True)
class OrderDeadlines:
    """How long an order waits for what, in seconds.

    :param reminder: how long before the end of `payment` the customer is reminded; zero for never, as of old
    :param extension: by how much staff may extend `payment`, beyond what approvals do
    """

    payment: int = 14 * DAY
    shipment: int = 30 * DAY
    delivery_after: int = 3 * DAY
    reminder: int = 0
    extension: int = 0


@dataclass(frozen=True)
class OrderInput:
    """What a saga starts with: the deadlines and approval tiers that held when the order was placed.

    :param children_outlive: whether approval and fulfilment go on when the saga does so in a new run. Those of older
        orders are terminated with the run that started them, which therefore waits for them.
    :param barred: the members of staff who may not approve it, because it is their own
    :param undo_tries: how often what a provider refuses to undo is asked for, within `policies.UNDO_PAUSES`
    :param credit: what of the total is paid with the customer's credit; the rest is paid by `payment_method`
    """

    number: str
    total: Decimal
    lines: int
    payment_method: str = "sandbox"
    requested_by: str = actors.SYSTEM
    fingerprint: str = ""
    language: str = "en"
    tiers: tuple[ApprovalTier, ...] = ()
    deadlines: OrderDeadlines = OrderDeadlines()
    children_outlive: bool = False
    barred: tuple[str, ...] = ()
    undo_tries: int = 10
    credit: Decimal = ZERO


@dataclass(frozen=True)
class OrderItem(FromOutside):
    """So many pieces of one product of a pending order: more of them, or all that there shall be."""

    sku: str
    quantity: int = 1
    by: str = actors.SYSTEM


@dataclass(frozen=True)
class OrderTotals:
    """An order's lines and total after a change."""

    items: int
    total: Decimal


@dataclass(frozen=True)
class PaymentInfo(FromOutside):
    """A card payment for exactly what is due of an order. The token is the provider's, never a card number;
    the shop's own pages send the reference of a row that holds it, `words:17`."""

    payment_method: str
    amount: Decimal
    card_token: str
    by: str = actors.SYSTEM


@dataclass(frozen=True)
class PaymentConfirmation(FromOutside):
    """A provider (or a person) says that the money is there.

    :param payment_event_id: the payment event that was matched; where the order cannot use it, it goes to a person
    :param accepted_total: the total that a person accepted `amount` for, where they differ
    """

    reference: str
    amount: Decimal
    by: str = actors.SYSTEM
    payment_event_id: int = 0
    accepted_total: Decimal | None = None


@dataclass(frozen=True)
class PaymentExtension(FromOutside):
    """A customer has until then to pay (Unix time in seconds)."""

    until: float
    by: str = actors.SYSTEM


@dataclass(frozen=True)
class ShippingInfo(FromOutside):
    """The parcel has left the house."""

    carrier: str
    tracking_number: str
    by: str = actors.SYSTEM


@dataclass(frozen=True)
class DeliveryInfo(FromOutside):
    """The parcel has arrived."""

    by: str = actors.SYSTEM


@dataclass(frozen=True)
class CancelRequest(FromOutside):
    """Someone wants the order undone."""

    reason: str
    by: str = actors.SYSTEM


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
    """Something a saga has begun and not finished.

    :param step: what: a step of the process, or the name of a message
    :param since: ISO 8601
    :param id: what tells it from every other: the step, the update's id, or the signal's name
    :param kind: `step`, `update` or `signal`
    :param attempts: how often the saga has begun it. How often a call in it was tried, Temporal tells (`describe`)
    """

    step: str
    since: str
    id: str = ""
    kind: str = ""
    attempts: int = 1


@dataclass(frozen=True)
class OrderState:
    """Everything a saga knows, for people who look for a fault.

    :param steps_done: the steps begun that would have to be undone; `steps_finished` all that were finished, in order
    :param stage: the step that it is at; empty after the end
    :param errors: why it is or was undone, and the steps that could not be
    :param last_change: when it last went on or answered a message (ISO 8601)
    """

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
    steps_failed: tuple[str, ...]
    stage: str = ""
    steps_finished: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    last_change: str = ""
