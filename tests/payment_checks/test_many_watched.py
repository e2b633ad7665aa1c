"""A coordinator of many orders: its history stays short, its monitors few at a time, and none is lost on the way."""

from datetime import timedelta

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from orders.models import PaymentCheck, SandboxPayment
from orders.rules import limits
from temporal_app import client, names, policies
from temporal_app.workflows import order_payment_monitor
from temporal_app.workflows.payment_check_coordinator import PaymentCheckCoordinator
from tests.factories.orders import ask, eventually
from tests.factories.waiting import make_waiting
from tests.payment_checks.asking import runs_of
from tests.payment_checks.test_chosen_orders import finished, outcomes_of

COORDINATOR = "payment-coordinator-many"


async def start(temporal: Client, numbers: list[str]):
    return await temporal.start_workflow(
        PaymentCheckCoordinator.run,
        args=[numbers, "user:17"],
        id=COORDINATOR,
        task_queue=names.PAYMENT_CHECKS_QUEUE,
    )


@pytest.mark.parametrize(
    ("count", "at_once", "longest"),
    [(80, 10, 200), pytest.param(1_000, 100, 1_500, marks=[pytest.mark.faults, pytest.mark.timeout(1_800)])],
)
def test_no_history_grows_long_however_many_orders_there_are(
    worker: Client, monkeypatch: pytest.MonkeyPatch, count: int, at_once: int, longest: int
) -> None:
    monkeypatch.setattr(limits, "CHECKED_AT_ONCE", at_once)
    monkeypatch.setattr(policies, "COORDINATOR_EVENTS", longest)
    numbers = make_waiting(count)
    SandboxPayment.objects.update(state="failed")

    ask(start(worker, numbers))
    eventually(lambda: finished(COORDINATOR), within=2 * count)

    lengths = runs_of(worker, COORDINATOR)
    assert len(lengths) > 1
    assert max(lengths) <= longest + 20 * at_once  # those that were under way when it became long enough
    assert outcomes_of(COORDINATOR) == dict.fromkeys(numbers, "failed")
    check = PaymentCheck.objects.get(workflow_id=COORDINATOR)
    assert (check.processed, check.failed, check.percent, check.end) == (count, count, 100, "finished")


def test_orders_are_watched_on_while_the_coordinator_starts_anew_and_each_is_counted_once(
    worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "COORDINATOR_EVENTS", 60)
    monkeypatch.setattr(order_payment_monitor, "EVENTS_PER_RUN", 60)  # the monitors start anew as well
    monkeypatch.setattr(policies, "CHECK_EVERY", timedelta(seconds=0.1))
    monkeypatch.setattr(policies, "CHECK_FOR", timedelta(seconds=2))
    numbers = make_waiting(10)
    SandboxPayment.objects.filter(order_number__in=numbers[:8]).update(state="failed")

    ask(start(worker, numbers))
    eventually(lambda: PaymentCheck.objects.filter(workflow_id=COORDINATOR, failed=8).exists())
    SandboxPayment.objects.filter(order_number=numbers[8]).update(state="released")
    eventually(lambda: finished(COORDINATOR))

    expected = dict.fromkeys(numbers, "failed") | {numbers[8]: "unmatched", numbers[9]: "deadline"}
    assert outcomes_of(COORDINATOR) == expected
    assert PaymentCheck.objects.get(workflow_id=COORDINATOR).processed == 10
    assert len(runs_of(worker, COORDINATOR)) > 1
    assert len(runs_of(worker, f"payment-monitor-{numbers[9]}")) > 1


def test_a_monitor_that_says_nothing_any_more_is_given_up_in_the_end(
    skipping_worker: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "COORDINATOR_EVENTS", 5)
    (number,) = make_waiting(1)

    async def watch() -> None:
        coordinator = await start(skipping_worker.client, [number])
        await skipping_worker.sleep(timedelta(hours=2))
        await skipping_worker.client.get_workflow_handle(f"payment-monitor-{number}").terminate()
        await coordinator.result()

    ask(watch())

    assert outcomes_of(COORDINATOR) == {number: "not_answered"}


def test_a_coordinator_that_is_cancelled_stops_its_monitors(worker: Client) -> None:
    numbers = make_waiting(3)
    workflow_id = client.coordinate_payment_checks(numbers, by="user:17")
    eventually(lambda: _running(worker) == 3)

    ask(worker.get_workflow_handle(workflow_id).cancel())

    eventually(lambda: _running(worker) == 0)
    eventually(lambda: PaymentCheck.objects.get(workflow_id=workflow_id).end == "cancelled")


def _running(temporal: Client) -> int:
    query = "WorkflowType = 'OrderPaymentMonitorWorkflow' AND ExecutionStatus = 'Running'"

    async def count() -> int:
        return (await temporal.count_workflows(query)).count

    return ask(count())
