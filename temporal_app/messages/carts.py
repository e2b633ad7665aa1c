"""Messages of a shopping cart."""

from dataclasses import dataclass, field
from decimal import Decimal

from orders.rules.approvals import DAY
from orders.rules.totals import ZERO
from temporal_app.messages.outside import FromOutside


@dataclass(frozen=True)
class CartItem(FromOutside):
    """So many pieces of one product."""

    sku: str
    quantity: int = 1


@dataclass(frozen=True)
class CartTotals:
    """How many different products a cart holds, and what they cost.

    :param left_out: what of a batch could not be put into it, with how many pieces
    """

    items: int
    total: Decimal
    left_out: tuple[CartItem, ...] = ()


@dataclass(frozen=True)
class CartInput:
    """What a cart starts with, and what the last run hands to the next.

    :param on_expiry: `checkout` or `expire`, what happens `lifetime_seconds` after the last change
    :param processed: ids of updates answered by earlier runs, with their answers
    :param fingerprint: what the customer saw last; only exactly this is ordered without them
    :param processed_order: the same ids, oldest first: Temporal writes a dictionary sorted by its keys
    """

    cart_id: str
    customer_id: int | None = None
    lifetime_seconds: int = DAY
    on_expiry: str = "checkout"
    items: tuple[CartItem, ...] = ()
    total: Decimal = ZERO
    processed: dict[str, CartTotals] = field(default_factory=dict)
    changed_at: float = 0.0
    processed_order: tuple[str, ...] = ()
    fingerprint: str = ""


@dataclass(frozen=True)
class CartChange:
    """Record what a cart holds now.

    :param changed: the product that was changed just now, and so must be there; empty for a batch, from which
        whatever cannot be had is left out
    :param closes_at: Unix time in seconds
    """

    cart_id: str
    items: tuple[CartItem, ...]
    changed: str
    closes_at: float
    customer_id: int | None = None
    on_expiry: str = "expire"


@dataclass(frozen=True)
class CartContent:
    """What a cart holds, as recorded; `fingerprint` is a digest of it with today's prices."""

    items: tuple[CartItem, ...]
    total: Decimal
    fingerprint: str = ""


@dataclass(frozen=True)
class OrderPlacement:
    """Turn a recorded cart into an order. Empty `payment_method`: the one in the contact details.

    :param fingerprint: what the customer saw; if the cart is not that any more, nothing is ordered. Empty: not known
    :param credit: how much of the order its customer pays with store credit; the rest goes by `payment_method`
    """

    cart_id: str
    by: str
    payment_method: str = ""
    fingerprint: str = ""
    credit: Decimal = ZERO


@dataclass(frozen=True)
class CheckoutRequest(FromOutside):
    """Turn a cart into an order. Name and address stand in the cart's contact details, not here."""

    by: str
    payment_method: str = "sandbox"
    fingerprint: str = ""
    credit: Decimal = ZERO


@dataclass(frozen=True)
class ExpiryChoice(FromOutside):
    """What the cart shall do when nobody comes back: `checkout`, for exactly what the customer saw, or `expire`."""

    on_expiry: str
    by: str
    fingerprint: str = ""


@dataclass(frozen=True)
class ExpiryChange:
    """Record what a cart does when nobody comes back; `fingerprint` as for an `OrderPlacement`."""

    cart_id: str
    on_expiry: str
    fingerprint: str = ""
