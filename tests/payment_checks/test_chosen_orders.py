"""The coordinator and the hybrid: chosen orders, a result for each."""

import pytest
from temporalio.client import Client

from orders.models import PaymentCheck, SandboxPayment
from orders.payments.sandbox import SandboxGateway
from orders.rules import identifiers, limits
from temporal_app import client
from tests.factories.orders import ask, eventually, place_order, wait_until
from tests.factories.products import make_product
from tests.factories.waiting import make_waiting
from tests.payment_checks.asking import query
from tests.payment_checks.counting import Asked, counting


@pytest.fixture
def asked():
    with counting() as provider:
        yield provider


def outcomes_of(workflow_id: str) -> dict[str, str]:
    """What the mirror says about each order of a check."""
    return dict(PaymentCheck.objects.get(workflow_id=workflow_id).results.values_list("number", "outcome"))


def finished(workflow_id: str) -> bool:
    return PaymentCheck.objects.filter(workflow_id=workflow_id, finished_at__isnull=False).exists()


def arrive(number: str) -> None:
    """The customer's transfer arrives at the provider, which tells nobody."""
    payment = SandboxPayment.objects.get(order_number=number)
    SandboxGateway().receive_transfer(reference=payment.reference, amount=payment.amount)


def test_the_coordinator_watches_each_order_and_gathers_what_became_of_it(worker: Client):
    numbers = make_waiting(2)
    make_product(price="20.00")
    paid = place_order(("TEA", 1))
    wait_until(paid, waiting_for="payment")
    arrive(paid.number)
    SandboxPayment.objects.filter(order_number=numbers[0]).update(state="failed")
    SandboxPayment.objects.filter(order_number=numbers[1]).update(state="released")
    chosen = [*numbers, paid.number, "ORD-2026-999999"]

    workflow_id = client.coordinate_payment_checks(chosen, by="user:17")
    ask(worker.get_workflow_handle(workflow_id).result())

    expected = dict(zip(chosen, ["failed", "unmatched", "paid", "ended"], strict=True))
    assert outcomes_of(workflow_id) == expected
    assert query(worker, "get_outcomes", workflow_id)["outcomes"] == expected
    check = PaymentCheck.objects.get(workflow_id=workflow_id)
    assert (check.processed, check.paid, check.failed, check.percent) == (4, 1, 1, 100)
    wait_until(paid, status="paid")


def test_the_coordinator_watches_a_bounded_number_at_a_time(worker: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "CHECKED_AT_ONCE", 20)
    numbers = make_waiting(30)
    SandboxPayment.objects.filter(order_number__in=numbers[:5]).update(state="failed")

    workflow_id = client.coordinate_payment_checks(numbers, by="user:17")
    eventually(lambda: PaymentCheck.objects.filter(workflow_id=workflow_id, processed=5).exists())

    assert running(worker) == 20
    ask(worker.get_workflow_handle(workflow_id).terminate())


def running(temporal: Client) -> int:
    """How many monitors have been started and not ended, once that is as many as may be."""

    async def count() -> int:
        names_of = "WorkflowType = 'OrderPaymentMonitorWorkflow' AND ExecutionStatus = 'Running'"
        return (await temporal.count_workflows(names_of)).count

    known = 0

    def settled() -> bool:
        nonlocal known
        known = ask(count())
        return known == limits.CHECKED_AT_ONCE

    eventually(settled)
    return known


def test_an_order_that_is_watched_already_is_not_watched_twice(worker: Client):
    (number,) = make_waiting(1)
    client.monitor_payment(number, by="user:17")

    workflow_id = client.coordinate_payment_checks([number, number], by="user:17")
    eventually(lambda: finished(workflow_id))

    assert outcomes_of(workflow_id) == {number: "watched_already"}
    assert client.monitor_payment(number, by="user:17") == identifiers.payment_monitor(number)


def test_the_hybrid_asks_once_and_sees_the_fulfilment_of_the_paid_begin(worker: Client, asked: Asked):
    make_product(price="20.00")
    paid = [place_order(("TEA", 1)) for _order in range(2)]
    for order in paid:
        wait_until(order, waiting_for="payment")
        arrive(order.number)
    numbers = make_waiting(2)
    orphan = make_waiting(1, paid=1, tag="orphan")
    SandboxPayment.objects.filter(order_number=numbers[0]).update(state="failed")
    chosen = [order.number for order in paid] + numbers + orphan + ["ORD-2026-999999"]

    workflow_id = client.check_payments_now(chosen, by="user:17")
    eventually(lambda: finished(workflow_id))

    started = "fulfilment_started"
    results = [started, started, "failed", "waiting", "unmatched", "ended"]
    assert outcomes_of(workflow_id) == dict(zip(chosen, results, strict=True))
    assert asked.calls == 1
    for order in paid:
        wait_until(order, status="paid", waiting_for="shipment")
    check = PaymentCheck.objects.get(workflow_id=workflow_id)
    assert (check.kind, check.processed, check.percent) == ("hybrid", 6, 100)
