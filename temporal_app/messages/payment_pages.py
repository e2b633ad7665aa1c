"""Messages about a payment provider's own page."""

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class PageRequest:
    """A customer wants to pay an order on the provider's page; `amount` is what they saw."""

    number: str
    amount: Decimal


@dataclass(frozen=True)
class PageOpened:
    """The provider's name of the page, or why there is none: a `Refusal`, with the words of its sentence."""

    session: str = ""
    refused: str = ""
    details: dict[str, str] = field(default_factory=dict)
