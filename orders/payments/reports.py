"""What somebody reports about a payment, and why a report of a provider may be refused."""

import hashlib
from dataclasses import dataclass, replace
from decimal import Decimal

TOLERANCE = 300  # seconds that a signature may be off, either way
PAID, FAILED = "paid", "failed"
RETURNED = "returned"  # a payment of ours came back
DIFFERS = (
    "differs"  # an event that was told before, now with other content: it brings no money, and a person looks at it
)


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

    def as_other_content(self) -> "PaymentReport":
        """The same, told as what differs from what was told before; each content is one of its own."""
        content = (self.event_id, self.order_number, self.status, f"{self.amount:.2f}", self.currency, self.reference)
        digest = hashlib.sha256("\n".join(content).encode()).hexdigest()[:16]
        return replace(self, event_id=f"{self.event_id[:100]}~{digest}", status=DIFFERS)
