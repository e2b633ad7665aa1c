"""The provider, and what it was asked."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from threading import Event

import pytest
from temporalio.common import RetryPolicy

import orders.payments
from orders.payments.gateway import PaymentStatus, ProviderUnavailable
from orders.payments.sandbox import SandboxGateway
from temporal_app import policies


class Asked:
    """What reached the provider: one list of references for each call.

    While `away`, it does not answer; a call about a reference in `slow` hangs until `let_go`.
    """

    def __init__(self) -> None:
        self.pages: list[list[str]] = []
        self.single: list[str] = []
        self.away = False
        self.slow: set[str] = set()
        self.let_go = Event()

    def stand_in(self, references: Sequence[str]) -> None:
        """Go wrong as the provider does right now."""
        if self.away:
            raise ProviderUnavailable("it does not answer")
        if self.slow.intersection(references):
            self.let_go.wait(60)

    @property
    def calls(self) -> int:
        return len(self.pages)

    @property
    def references(self) -> list[str]:
        return [reference for page in self.pages for reference in page]


def impatient(monkeypatch: pytest.MonkeyPatch, *, seconds: float = 1.0) -> None:
    """Ask twice, and wait so long for an answer."""
    quick = RetryPolicy(initial_interval=timedelta(seconds=0.1), maximum_attempts=2)
    monkeypatch.setitem(policies.ASK_PROVIDER, "retry_policy", quick)
    monkeypatch.setitem(policies.ASK_PROVIDER, "start_to_close_timeout", timedelta(seconds=seconds))


@contextmanager
def counting() -> Iterator[Asked]:
    """Count at the sandbox provider."""
    asked = Asked()

    class Counting(SandboxGateway):
        def statuses(self, *, references: Sequence[str]) -> dict[str, PaymentStatus]:
            asked.pages.append(list(references))
            asked.stand_in(references)
            return super().statuses(references=references)

        def status(self, *, reference: str) -> PaymentStatus:
            asked.single.append(reference)
            asked.stand_in([reference])
            return SandboxGateway().status(reference=reference)  # one that does not count what it asks itself

    orders.payments.GATEWAYS["sandbox"] = Counting
    try:
        yield asked
    finally:
        asked.let_go.set()
        orders.payments.GATEWAYS["sandbox"] = SandboxGateway
