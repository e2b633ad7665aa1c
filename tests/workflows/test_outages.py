"""A provider or carrier that is away costs orders time; operations hear of it once, and once when it is over."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from orders.models import Notification, Order, Outage
from orders.payments.gateway import ProviderRefused
from orders.rules.refusals import Refusal
from orders.shipping.carrier import CarrierRefused
from temporal_app.activities import outside
from temporal_app.messages import PaymentInfo
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.factories.orders import (
    CARD,
    ask,
    eventually,
    ledger,
    let_pass,
    order_events,
    pay,
    saga,
    start_order,
    stock,
    undone,
    wait_until,
)
from tests.factories.products import make_product
from tests.payments.unreliable import Fault
from tests.serving import no_patience
from tests.workflows.at_once import in_background
from tests.workflows.cancelling import by_signal
from tests.workflows.outside import BusyCarrier, break_gateway, mend_gateway, slow_gateway, use_carrier

MINUTE = 60
HOUR = 60 * MINUTE


def told() -> list[tuple[str, int]]:
    """What operations have been told about outages, and for how many orders."""
    mails = Notification.objects.filter(kind__startswith="provider_", recipient="operations").order_by("pk")
    return [(mail.kind, mail.data["orders"]) for mail in mails]


@pytest.fixture
def orders(skipping_worker: WorkflowEnvironment) -> list[Order]:
    """Three orders that wait for their money."""
    make_product(price="20.00")
    started = [start_order() for _order in range(3)]
    for order in started:
        wait_until(order, waiting_for="payment")
    return started


@pytest.mark.sqlite
@pytest.mark.parametrize("fault", [Fault.BEFORE, Fault.AFTER])
def test_paid_orders_wait_for_a_provider_that_is_away_for_an_hour_and_go_on_when_it_is_back(
    skipping_worker: WorkflowEnvironment, orders: list[Order], monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    break_gateway(monkeypatch, "capture", fault=fault)
    with no_patience():
        for order in orders:
            pay(order)

    let_pass(skipping_worker, HOUR)
    away = told()
    mend_gateway(monkeypatch)
    for order in orders:
        wait_until(order, waiting_for="shipment", skipping=skipping_worker)

    assert away == [("provider_away", 3)]
    assert told() == [("provider_away", 3), ("provider_back", 3)]
    for order in orders:
        assert undone(order) == []
        assert order_events(order).count("no_answer") == 1
        assert ledger(order) == [("captured", Decimal("20.00"), Decimal("0.00"))]


def test_orders_wait_for_a_carrier_that_is_away_for_an_hour(
    skipping_worker: WorkflowEnvironment, orders: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_carrier(monkeypatch, BusyCarrier(method="book"))
    for order in orders:
        pay(order)

    let_pass(skipping_worker, HOUR)
    carrier = BusyCarrier()
    use_carrier(monkeypatch, carrier)
    for order in orders:
        wait_until(order, waiting_for="shipment", skipping=skipping_worker)

    assert told() == [("provider_away", 3), ("provider_back", 3)]
    assert len(carrier.bookings) == 3
    assert orders[0].timeline.get(kind="no_answer").data["provider"] == carrier.name


def test_nobody_is_told_of_an_outage_of_some_minutes(
    skipping_worker: WorkflowEnvironment, orders: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_gateway(monkeypatch, "capture", times=5)  # over less than a quarter of an hour

    with no_patience():
        pay(orders[0])
    wait_until(orders[0], waiting_for="shipment", skipping=skipping_worker)

    assert told() == []
    assert Outage.objects.get().ended_at is not None


@pytest.mark.parametrize("error", [ProviderRefused, CarrierRefused])
def test_a_refusal_undoes_at_once(worker: Client, monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    if error is ProviderRefused:
        break_gateway(monkeypatch, "capture", error=error)
    else:
        use_carrier(monkeypatch, BusyCarrier(method="book", error=error))
    make_product()
    before = stock()
    order = start_order()
    wait_until(order, waiting_for="payment")

    with no_patience():
        pay(order)
    wait_until(order, status="cancelled")

    assert stock() == before
    assert not Outage.objects.exists()


def test_an_order_that_waits_for_a_provider_can_be_cancelled(
    skipping_worker: WorkflowEnvironment, orders: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = orders[0]
    break_gateway(monkeypatch, "capture")
    with no_patience():
        pay(order)
    let_pass(skipping_worker, HOUR)

    by_signal(order)
    wait_until(order, status="cancelled", skipping=skipping_worker)

    assert undone(order) == ["hold_released", "stock_released"]


def test_who_pays_while_the_provider_is_away_hears_so_and_may_pay_later(
    skipping_worker: WorkflowEnvironment, orders: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = orders[0]
    broken = break_gateway(monkeypatch, "charge")

    payment = PaymentInfo("sandbox", order.total, CARD, by="customer:guest")
    paying = in_background(lambda: ask(saga(order).execute_update(OrderSagaWorkflow.process_payment, payment)))
    eventually(lambda: broken.calls > 1)
    let_pass(skipping_worker, 2 * MINUTE)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        paying.result(timeout=60)
    mend_gateway(monkeypatch)
    pay(order)

    wait_until(order, waiting_for="shipment", skipping=skipping_worker)
    assert refused.value.cause.type == Refusal.NO_ANSWER


def test_a_provider_that_hangs_without_any_error_is_away_as_well(
    worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "SILENT_AFTER", 0.1)
    hanging = slow_gateway(monkeypatch, "hold")
    make_product()

    first = start_order()
    eventually(lambda: Outage.objects.open().filter(calls=1).exists())
    Outage.objects.update(began_at=timezone.now() - timedelta(minutes=20))
    second = start_order()
    eventually(lambda: told() == [("provider_away", 1)])
    hanging.may_go_on.set()
    for order in (first, second):
        wait_until(order, waiting_for="payment")

    assert told() == [("provider_away", 1), ("provider_back", 1)]
    assert Outage.objects.get().calls == 2
