"""The provider, and what it was asked."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import orders.payments
from orders.payments.gateway import PaymentStatus, ProviderUnavailable
from orders.payments.sandbox import SandboxGateway


class Asked:
    """What reached the provider: one list of references for each call. While `away`, it does not answer."""

    def __init__(self) -> None:
        self.pages: list[list[str]] = []
        self.single: list[str] = []
        self.away = False

    @property
    def calls(self) -> int:
        return len(self.pages)

    @property
    def references(self) -> list[str]:
        return [reference for page in self.pages for reference in page]


@contextmanager
def counting() -> Iterator[Asked]:
    """Count at the sandbox provider."""
    asked = Asked()

    class Counting(SandboxGateway):
        def statuses(self, *, references: Sequence[str]) -> dict[str, PaymentStatus]:
            asked.pages.append(list(references))
            if asked.away:
                raise ProviderUnavailable("it does not answer")
            return super().statuses(references=references)

        def status(self, *, reference: str) -> PaymentStatus:
            asked.single.append(reference)
            if asked.away:
                raise ProviderUnavailable("it does not answer")
            return SandboxGateway().status(reference=reference)  # one that does not count what it asks itself

    orders.payments.GATEWAYS["sandbox"] = Counting
    try:
        yield asked
    finally:
        orders.payments.GATEWAYS["sandbox"] = SandboxGateway
