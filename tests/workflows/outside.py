"""The outside world, as unreliable as it is: gateways and carriers that fail, or take their time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client

from orders.payments.gateway import PaymentError, ProviderUnavailable
from orders.payments.sandbox import SandboxGateway
from orders.shipping.carrier import Carrier, CarrierError, CarrierUnavailable
from orders.shipping.sandbox import SandboxCarrier
from temporal_app import names
from temporal_app.activities import orders, payments, shipping
from temporal_app.messages import Ending
from temporal_app.queues import QUEUES
from tests.payments.unreliable import ACTED, Fault, UnreliableGateway
from tests.serving import workers_on

FOR_GOOD = 1_000_000


class Slow:
    """Something that begins, and goes on only when it may."""

    def __init__(self, act: Callable[..., Any]) -> None:
        self.act, self.begun, self.may_go_on = act, threading.Event(), threading.Event()

    def __call__(self, *args: Any, **parameters: Any) -> Any:
        self.begun.set()
        assert self.may_go_on.wait(60)
        return self.act(*args, **parameters)


class BusyCarrier:
    """A carrier that keeps a list of its bookings, and whose first `times` calls of `method` go wrong."""

    name = "Busy Parcel"

    def __init__(
        self,
        fault: Fault = Fault.BEFORE,
        method: str = "",
        times: int = FOR_GOOD,
        error: type[CarrierError] = CarrierUnavailable,
    ) -> None:
        self.inner: Carrier = SandboxCarrier()
        self.fault, self.method, self.left, self.error = fault, method, times, error
        self.bookings: set[str] = set()

    def book(self, *, order_number: str, key: str) -> str:
        return self._call("book", lambda: self._keep(self.inner.book(order_number=order_number, key=key)))

    def cancel(self, *, booking: str, key: str) -> None:
        self._call("cancel", lambda: self.bookings.discard(booking))

    def find(self, *, order_number: str, key: str) -> str | None:
        booking = self.inner.book(order_number=order_number, key=key)
        return booking if booking in self.bookings else None

    def _keep(self, booking: str) -> str:
        self.bookings.add(booking)
        return booking

    def _call(self, method: str, act: Callable[[], Any]) -> Any:
        if method != self.method or not self.left:
            return act()
        self.left -= 1
        if self.fault in ACTED:
            act()
        raise self.error(str(self.fault))


class Broken:
    """A gateway whose calls of one method go wrong; `calls` counts how often that was."""

    def __init__(self, gateway: UnreliableGateway) -> None:
        self.gateway, self.patience = gateway, gateway.left

    @property
    def calls(self) -> int:
        return self.patience - self.gateway.left


def break_gateway(
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    *,
    fault: Fault = Fault.BEFORE,
    times: int = FOR_GOOD,
    error: type[PaymentError] = ProviderUnavailable,
) -> Broken:
    """The payment provider's next `times` calls of `method` go wrong."""
    unreliable = UnreliableGateway(SandboxGateway(), fault, method, times, error)
    monkeypatch.setattr(payments, "gateway_for", lambda _method: unreliable)
    return Broken(unreliable)


def mend_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    """The payment provider works again."""
    monkeypatch.setattr(payments, "gateway_for", lambda _method: SandboxGateway())


def slow_gateway(monkeypatch: pytest.MonkeyPatch, method: str) -> Slow:
    """The payment provider takes its time with calls of `method`."""
    gateway = SandboxGateway()
    slow = Slow(getattr(gateway, method))
    setattr(gateway, method, slow)
    monkeypatch.setattr(payments, "gateway_for", lambda _method: gateway)
    return slow


def use_carrier(monkeypatch: pytest.MonkeyPatch, carrier: Carrier) -> None:
    """Parcels go with this carrier."""
    monkeypatch.setattr(shipping, "carrier", lambda: carrier)


@contextmanager
def undoing_held_up(temporal: Client) -> Iterator[Slow]:
    """All queues served, but the first thing that undoing writes down takes its time: until then only the saga knows
    of a cancellation, and the database says what it said before."""
    slow = Slow(orders.begin_undo)

    @activity.defn(name="begin_undo")
    def begin_undo(ending: Ending) -> None:
        slow(ending)

    served = QUEUES[names.ORDERS_QUEUE]
    held_up = [begin_undo if one is orders.begin_undo else one for one in served.activities]
    with workers_on(temporal, {**QUEUES, names.ORDERS_QUEUE: replace(served, activities=held_up)}):
        try:
            yield slow
        finally:
            slow.may_go_on.set()
