"""Each call of the outside world goes wrong, in every way: money is taken once, and nothing is undone for it."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.utils import timezone
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from orders import invariants
from orders.models import Order, SandboxOperation
from orders.payments.sandbox import SandboxGateway
from temporal_app import client, policies
from temporal_app.activities import payments
from temporal_app.client.errors import ClientError
from tests.factories.orders import let_pass, money_kept, pay, start_order, undone, wait_until
from tests.factories.products import make_product
from tests.faults.table import Row
from tests.payments.unreliable import Fault
from tests.serving import no_patience
from tests.workflows.at_once import everybody
from tests.workflows.outside import BusyCarrier, break_gateway, mend_gateway, use_carrier

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
FORWARD = ("hold", "charge", "capture", "book")
BACK = ("release", "refund", "cancel")
CALLS = (*FORWARD, *BACK)
CARRIERS = ("book", "cancel")
HANGS = "hangs"
HOUR = 3_600
ORDERS = 4  # of each kind of fault
HELD = "one charge; undone only where somebody wanted it"


@dataclass
class Hanging:
    """The first call of one method says nothing until the test is over."""

    inner: Any
    method: str
    over: Event

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.inner, name)
        if name != self.method:
            return real

        def hang(**parameters: Any) -> Any:
            self.method = ""
            self.over.wait(120)
            return real(**parameters)

        return hang


@pytest.fixture
def over() -> Iterator[Event]:
    """Set when the test is over: then whoever hangs may go on."""
    event = Event()
    with ExitStack() as at_the_end:
        at_the_end.callback(event.set)
        yield event


def go_wrong(monkeypatch: pytest.MonkeyPatch, call: str, how: str, over: Event, times: int = 1) -> None:
    """The outside's next calls of this kind go wrong."""
    if how == HANGS and call in CARRIERS:
        use_carrier(monkeypatch, Hanging(BusyCarrier(), call, over))
    elif how == HANGS:
        gateway = Hanging(SandboxGateway(), call, over)
        monkeypatch.setattr(payments, "gateway_for", lambda _method: gateway)
    elif call in CARRIERS:
        use_carrier(monkeypatch, BusyCarrier(Fault(how), call, times=times))
    else:
        break_gateway(monkeypatch, call, fault=Fault(how), times=times)


def pay_for_sure(order: Order) -> None:
    """Pay, and again where that was given up."""
    with no_patience(), suppress(ClientError):
        pay(order)
    while not order.timeline.filter(kind="paid").exists():
        with suppress(ClientError):
            pay(order)
        order.refresh_from_db()


def go_through(call: str, order: Order, skipping: WorkflowEnvironment | None = None) -> None:
    """An order that comes past this call, to where it waits for its parcel or is undone as its customer wished."""
    wait_until(order, waiting_for="payment", skipping=skipping, within=200)
    if call != "release":
        pay_for_sure(order)
        wait_until(order, waiting_for="shipment", skipping=skipping, within=200)
    if call in BACK:
        with suppress(ClientError):
            client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
        wait_until(order, status="cancelled", skipping=skipping, within=200)


def assert_right(call: str, order: Order) -> None:
    captures = SandboxOperation.objects.filter(payment__order_number=order.number, kind="capture").count()
    assert captures == (0 if call == "release" else 1)
    assert money_kept(order) == (0 if call in BACK else order.total)
    assert bool(undone(order)) == (call in BACK)
    assert not order.compensation_failures.exists()
    assert [str(one) for one in invariants.findings(now=timezone.now(), grace=timedelta(0))] == []


@pytest.mark.parametrize("how", [*Fault, HANGS])
@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_goes_wrong_costs_an_order_time_and_nothing_else(
    call: str, how: str, worker: Client, monkeypatch: pytest.MonkeyPatch, over: Event, fault_row: Row
) -> None:
    for bundle in (policies.CALL_PROVIDER, policies.UNDO):
        monkeypatch.setitem(bundle, "start_to_close_timeout", policies.seconds(5))  # whoever hangs is missed then
    make_product()
    go_wrong(monkeypatch, call, how, over, times=ORDERS)
    orders = [start_order() for _order in range(ORDERS)]

    everybody(lambda order: go_through(call, order), orders, people=ORDERS)

    for order in orders:
        assert_right(call, order)
    fault_row(
        5, ORDERS, f"each call of provider and carrier goes wrong, in each of {len(Fault) + 1} ways: {call}", HELD
    )


@pytest.mark.parametrize("call", CALLS)
def test_an_hours_outage_costs_an_order_an_hour(
    call: str,
    skipping_worker: WorkflowEnvironment,
    monkeypatch: pytest.MonkeyPatch,
    over: Event,
    fault_row: Row,
) -> None:
    make_product()
    order = start_order()
    if call != "hold":
        wait_until(order, waiting_for="payment")
    go_wrong(monkeypatch, call, Fault.BEFORE, over, times=1_000_000)
    if call in ("charge", "capture", "book"):
        with no_patience(), suppress(ClientError):
            pay(order)
    if call in ("refund", "cancel"):
        pay(order)
        wait_until(order, waiting_for="shipment")
    if call in BACK:
        with no_patience(), suppress(ClientError):
            client.cancel_order(order.number, reason="changed_mind", by="customer:guest")

    let_pass(skipping_worker, HOUR)
    order.refresh_from_db()
    assert order.status != "cancelled"
    mend_gateway(monkeypatch)
    use_carrier(monkeypatch, BusyCarrier())
    go_on(call, order, skipping_worker)

    assert_right(call, order)
    fault_row(5, 1, f"an hour's outage, time skipped: {call}", HELD)


def go_on(call: str, order: Order, skipping: WorkflowEnvironment) -> None:
    """What was held up comes to its end."""
    if call in BACK:
        wait_until(order, status="cancelled", skipping=skipping, within=200)
        return
    if call in ("hold", "charge"):
        wait_until(order, waiting_for="payment", skipping=skipping, within=200)
        pay_for_sure(order)
    wait_until(order, waiting_for="shipment", skipping=skipping, within=200)
