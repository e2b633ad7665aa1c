"""Every call of a payment provider and of a carrier goes wrong for every order, in every way there is: the customer is
charged once, and nothing is undone that nobody refused."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio.testing import WorkflowEnvironment

from orders.models import Order, SandboxOperation
from orders.payments.gateway import ProviderUnavailable
from orders.payments.sandbox import SandboxGateway
from orders.shipping.carrier import CarrierUnavailable
from temporal_app import client, policies
from temporal_app.activities import payments, shipping
from temporal_app.client.errors import Refused, Unavailable
from tests.factories.orders import CARD, eventually, let_pass, money_kept, ship, start_order, stock, wait_until
from tests.factories.products import make_product
from tests.faults.table import Row
from tests.payments.unreliable import ACTED, Fault
from tests.workflows.at_once import in_background
from tests.workflows.outside import BusyCarrier

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
HANG, HOUR = "hangs", "an hour of outage"
CALLS = ("hold", "charge", "capture", "release", "refund", "book", "cancel")
# in the hour nobody asks to capture or to book, and what is undone first keeps the refund waiting
MISSED = {HOUR: {"capture", "refund", "book"}}
TIMES = 2  # each call goes wrong so often, for each order
LONG, SHORT = 2.5, 1.0  # seconds that a hanging call takes, and that we wait for it


class Outside:
    """A provider or carrier whose every call goes wrong the first times, or for as long as it is `away`."""

    def __init__(self, inner: Any, fault: str, error: type[Exception]) -> None:
        self.inner, self.fault, self.error = inner, fault, error
        self.away = fault == HOUR
        self.broken: Counter[str] = Counter()
        self._seen: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.inner, name)
        return self._breaking(name, real) if name in CALLS else real

    def _breaking(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            if not self._goes_wrong(name, parameters["key"]):
                return real(**parameters)
            self.broken[name] += 1
            if self.fault in ACTED:
                real(**parameters)
            if self.fault == HANG:
                time.sleep(LONG)
            raise self.error(self.fault)

        return call

    def _goes_wrong(self, name: str, key: str) -> bool:
        if self.fault == HOUR:
            return self.away
        with self._lock:
            self._seen[name, key] += 1
            return self._seen[name, key] <= TIMES


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that hangs is given up soon; time does not jump while one is under way."""
    for bundle in (policies.CALL_PROVIDER, policies.UNDO):
        monkeypatch.setitem(bundle, "start_to_close_timeout", timedelta(seconds=SHORT))


def pay(order: Order) -> None:
    """As a customer does who is told that nobody answers, or that it did not work: again."""
    request_id = uuid4().hex
    while True:
        order.refresh_from_db()
        if order.status != "pending":
            return
        how = {"payment_method": "sandbox", "amount": order.total, "card_token": CARD, "by": "customer:guest"}
        try:
            client.pay(order.number, **how, request_id=request_id)
            return
        except Refused:
            request_id = uuid4().hex
        except Unavailable:
            continue


@dataclass
class World:
    """A provider and a carrier, and the clock."""

    fault: str
    clock: WorkflowEnvironment
    gateway: Outside
    carrier: Outside

    def leave(self) -> None:
        """Where the outside is away for an hour: that begins now."""
        self.gateway.away = self.carrier.away = self.fault == HOUR

    def come_back(self, *missed: str) -> None:
        """The hour is over, in which these calls were tried."""
        if self.fault == HOUR:
            eventually(lambda: all(self.broken[name] for name in missed))
            let_pass(self.clock, 3_600)
            self.gateway.away = self.carrier.away = False

    @property
    def broken(self) -> Counter[str]:
        """How often each call went wrong."""
        return self.gateway.broken + self.carrier.broken

    def until(self, *orders: Order, **columns: str) -> None:
        for order in orders:
            wait_until(order, skipping=self.clock, **columns)


@pytest.fixture
def world(
    fault: str, skipping_worker: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> World:
    if fault == HANG:
        request.getfixturevalue("impatient")
    gateway = Outside(SandboxGateway(), fault, ProviderUnavailable)
    carrier = Outside(BusyCarrier(), fault, CarrierUnavailable)
    monkeypatch.setattr(payments, "gateway_for", lambda _method: gateway)
    monkeypatch.setattr(shipping, "carrier", lambda: carrier)
    return World(fault, skipping_worker, gateway, carrier)


@pytest.mark.parametrize("fault", [*Fault, HANG, HOUR])
def test_one_charge_and_nothing_undone_that_nobody_refused(world: World, settings: Any, fault_row: Row) -> None:
    settings.ANSWERED_WITHIN_SECONDS = 3.0
    make_product(on_hand=100)

    orders = delivered, unpaid, paid = [start_order() for _order in range(3)]
    world.come_back("hold")
    world.until(*orders, waiting_for="payment")
    world.leave()
    for order in (delivered, paid):
        in_background(pay, order)
    world.come_back("charge")
    world.until(delivered, paid, waiting_for="shipment")
    world.leave()
    for order in (unpaid, paid):
        cancel(order)
    world.come_back("release", "cancel")
    world.until(unpaid, paid, status="cancelled")
    ship(delivered)
    wait_until(delivered, status="shipped")
    let_pass(world.clock, 4 * 86_400)  # it arrives after three days
    wait_until(delivered, status="delivered")

    moved = SandboxOperation.objects.filter(payment__order_number=delivered.number).values_list("kind", flat=True)
    assert sorted(moved) == ["capture", "charge", "hold"]
    assert [money_kept(order) for order in orders] == [delivered.total, 0, 0]
    assert (len(world.carrier.inner.bookings), stock()) == (1, {"TEA": (99, 0)})
    assert set(world.broken) == set(CALLS) - MISSED.get(world.fault, set())
    rounds = sum(world.broken.values())
    fault_row(
        5, rounds, f"calls of provider and carrier went wrong: {world.fault}", "one charge, nothing undone unasked"
    )


def cancel(order: Order) -> None:
    """Have the order cancelled, whether or not anybody says so in time."""
    try:
        client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
    except (Refused, Unavailable):
        return
