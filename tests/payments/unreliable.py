"""A gateway that loses calls and answers, as networks do."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from orders.payments.gateway import PaymentError, PaymentGateway, ProviderUnavailable


class Fault(StrEnum):
    """How a call goes wrong."""

    BEFORE = "fails before it acts"
    AFTER = "fails after it acted"
    TIMEOUT = "times out after it acted"
    TOO_MANY = "answers 429"
    GARBAGE = "acts and answers garbage"


ACTED = {Fault.AFTER, Fault.TIMEOUT, Fault.GARBAGE}


class UnreliableGateway:
    """Any gateway, but the first `times` calls of `method` go wrong."""

    def __init__(
        self,
        inner: PaymentGateway,
        fault: Fault,
        method: str,
        times: int = 1,
        error: type[PaymentError] = ProviderUnavailable,
    ) -> None:
        self.inner, self.fault, self.method, self.left, self.error = inner, fault, method, times, error
        self.name, self.takes_cards = inner.name, inner.takes_cards

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            if method != self.method or not self.left:
                return getattr(self.inner, method)(**parameters)
            self.left -= 1
            if self.fault in ACTED:
                getattr(self.inner, method)(**parameters)
            raise self.error(str(self.fault))

        return call
