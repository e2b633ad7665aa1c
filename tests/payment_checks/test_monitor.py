"""Watching one order's payment: every hour, for at most 14 days. Time is skipped."""

from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from orders.models import Order, PaymentCheck, SandboxPayment
from orders.payments.sandbox import SandboxGateway
from orders.rules import identifiers
from temporal_app import names
from temporal_app.workflows.order_payment_monitor import OrderPaymentMonitorWorkflow
from tests.factories.orders import ask, eventually, start_order, wait_until
from tests.factories.products import make_product
from tests.factories.waiting import AMOUNT, make_waiting
from tests.payment_checks.counting import Asked, counting, impatient

HOUR = timedelta(hours=1)


@pytest.fixture
def asked():
    with counting() as provider:
        yield provider


async def start_monitor(env: WorkflowEnvironment, number: str):
    return await env.client.start_workflow(
        OrderPaymentMonitorWorkflow.run,
        args=[number, "user:17"],
        id=identifiers.payment_monitor(number),
        task_queue=names.PAYMENT_CHECKS_QUEUE,
    )


def watch(env: WorkflowEnvironment, number: str, *, meanwhile=None, after: timedelta = 3 * HOUR):
    """How watching an order ended; `meanwhile` happens after some time."""

    async def watching():
        handle = await start_monitor(env, number)
        if meanwhile:
            await env.sleep(after)
        return handle

    handle = ask(watching())
    if meanwhile:
        meanwhile()
    return ask(handle.result())


def test_a_payment_that_never_comes_is_asked_about_hourly_for_fourteen_days(
    skipping_worker: WorkflowEnvironment, asked: Asked
):
    (number,) = make_waiting(1)

    result = watch(skipping_worker, number)

    assert (result.outcome, result.checks) == ("deadline", 14 * 24)
    assert len(asked.single) == 14 * 24
    check = PaymentCheck.objects.get()
    assert (check.kind, check.results.get().outcome, check.percent) == ("monitor", "deadline", 100)


def test_it_ends_when_the_money_is_there_and_the_saga_hears_of_it(skipping_worker: WorkflowEnvironment, asked: Asked):
    make_product(price="20.00")
    order = start_order(("TEA", 2))
    wait_until(order, waiting_for="payment")
    payment = SandboxPayment.objects.get()

    def pay() -> None:
        SandboxGateway().receive_transfer(reference=payment.reference, amount=payment.amount)

    result = watch(skipping_worker, order.number, meanwhile=pay)
    wait_until(order, status="paid")

    assert (result.outcome, len(asked.single)) == ("paid", result.checks)
    assert 4 <= result.checks <= 5
    assert PaymentCheck.objects.get().paid == 1


@pytest.mark.parametrize(
    ("what", "outcome"),
    [
        (lambda: SandboxPayment.objects.update(state="failed"), "failed"),
        (lambda: Order.objects.update(waiting_for=""), "ended"),
        (lambda: SandboxPayment.objects.update(state="released"), "unmatched"),
        (lambda: SandboxPayment.objects.all().delete(), "unmatched"),
    ],
)
def test_it_ends_when_there_is_nothing_to_wait_for(
    skipping_worker: WorkflowEnvironment, asked: Asked, what, outcome: str
):
    (number,) = make_waiting(1)

    result = watch(skipping_worker, number, meanwhile=what)

    assert result.outcome == outcome
    assert 4 <= result.checks <= 5
    check = PaymentCheck.objects.get()
    assert (check.results.get().outcome, check.percent) == (outcome, 100)


def test_an_order_is_watched_again_after_the_first_time_has_ended(skipping_worker: WorkflowEnvironment):
    (number,) = make_waiting(1)
    SandboxPayment.objects.update(state="failed")
    first = watch(skipping_worker, number)
    SandboxPayment.objects.update(state="authorised")

    second = watch(skipping_worker, number)

    assert (first.outcome, second.outcome) == ("failed", "paid")
    eventually(lambda: PaymentCheck.objects.get().finished_at)
    check = PaymentCheck.objects.get()
    assert (check.processed, check.paid, check.failed) == (1, 1, 0)
    assert SandboxPayment.objects.get().amount == AMOUNT


def test_hours_in_which_nobody_answers_are_said_and_the_next_hour_asks_again(
    skipping_worker: WorkflowEnvironment, asked: Asked, monkeypatch: pytest.MonkeyPatch
):
    impatient(monkeypatch)
    (number,) = make_waiting(1, paid=1)
    asked.away = True

    async def watching():
        handle = await start_monitor(skipping_worker, number)
        await skipping_worker.sleep(3 * HOUR)
        return handle

    handle = ask(watching())
    eventually(lambda: PaymentCheck.objects.get().results.get().outcome == "not_answered")
    asked.away = False
    result = ask(handle.result())

    assert (result.outcome, PaymentCheck.objects.get().paid) == ("paid", 1)
    assert 4 <= result.checks <= 6
