"""What somebody reports about a payment, and why a report of a provider may be refused."""

from dataclasses import dataclass
from decimal import Decimal

TOLERANCE = 300  # seconds that a signature may be off, either way
PAID, FAILED = "paid", "failed"
RETURNED = "returned"  # a payment of ours came back


class BadSignature(Exception):
    """Nobody who knows the secret sent this, or not just now. The text is safe to answer."""


class Malformed(Exception):
    """It cannot be read. The text says what is wrong and is safe to answer."""


@dataclass(frozen=True)
class PaymentReport:
    """What a provider says about one payment. `status` is `paid` or `failed`."""

    event_id: str
    order_number: str
    status: str
    amount: Decimal
    currency: str
    reference: str
