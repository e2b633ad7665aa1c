"""What the contract tests need to know of a provider besides its gateway."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from orders.payments.gateway import Hold, PaymentGateway, ProviderUnavailable, idempotency_key
from tests.payments.unreliable import Fault

TOTAL = Decimal("43.90")
NUMBER = "ORD-2026-000007"


@dataclass(frozen=True)
class Books:
    """What stands in a provider's own books for one order."""

    payments: int = 0
    captured: Decimal = Decimal("0.00")
    refunded: Decimal = Decimal("0.00")


class Provider(Protocol):
    """One provider under test."""

    takes_cards: bool

    def gateway(self) -> PaymentGateway:
        """A gateway that works."""

    def unreliable(self, fault: Fault, method: str, times: int = 1) -> PaymentGateway:
        """A gateway whose first `times` calls of `method` go wrong this way."""

    def receive_payment(self, reference: str) -> None:
        """The customer pays without a card."""

    def books(self, number: str) -> Books:
        """What the provider itself has written down."""


def insist(call: Callable[..., Any], *, times: int = 5, **parameters: Any) -> Any:
    """Call again with the same parameters until there is an answer, as the workflow does."""
    for _attempt in range(times - 1):
        try:
            return call(**parameters)
        except ProviderUnavailable:
            continue
    return call(**parameters)


def hold(gateway: PaymentGateway, number: str = NUMBER, attempt: int = 1) -> Hold:
    key = idempotency_key(number, "hold", attempt)
    return insist(gateway.hold, order_number=number, amount=TOTAL, currency="EUR", key=key)


def pay(provider: Provider, gateway: PaymentGateway, reference: str, number: str = NUMBER) -> None:
    """The customer's part, by card where the provider takes cards."""
    if provider.takes_cards:
        key = idempotency_key(number, "charge")
        insist(gateway.charge, reference=reference, amount=TOTAL, card_token="tok_chargeable_visa", key=key)
    else:
        provider.receive_payment(reference)


def capture(gateway: PaymentGateway, reference: str, number: str = NUMBER) -> str:
    return insist(gateway.capture, reference=reference, amount=TOTAL, key=idempotency_key(number, "capture"))
