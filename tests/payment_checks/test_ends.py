"""A check that ended says so, however it ended; and whoever watches an order is found."""

import pytest
from django.test import Client as Browser
from django.urls import reverse
from temporalio.client import Client, WorkflowFailureError

from orders.authorization.roles import set_up_roles
from orders.models import PaymentCheck
from temporal_app import client
from temporal_app.messages import BatchInput
from temporal_app.workflows.saga_state import MOST_WAITERS
from tests.admin.browsing import at_browser, words
from tests.factories.orders import ask, eventually, place_order, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.waiting import make_waiting
from tests.payment_checks.asking import BATCH, check_all, start_batch
from tests.payment_checks.counting import counting
from tests.payment_checks.test_chosen_orders import arrive, finished, outcomes_of


@pytest.fixture
def fritz(worker: Client) -> Browser:
    """The browser of somebody in finance."""
    set_up_roles()
    return at_browser(make_user("fritz", "finance"))


def page(browser: Browser, workflow_id: str) -> str:
    return words(browser.get(reverse("admin:payment-check", args=[workflow_id])))


def begun(workflow_id: str) -> PaymentCheck:
    eventually(lambda: PaymentCheck.objects.filter(workflow_id=workflow_id).exists())
    return PaymentCheck.objects.get(workflow_id=workflow_id)


def ended(check: PaymentCheck) -> str:
    """How a check ended, once it has."""

    def look() -> str:
        check.refresh_from_db()
        return check.end

    return str(eventually(look))


@pytest.mark.parametrize("start", [client.coordinate_payment_checks, client.check_payments_now])
def test_a_check_that_is_cancelled_says_so_at_once(worker: Client, fritz: Browser, start) -> None:
    (number,) = make_waiting(1)
    with counting() as asked:
        asked.slow = {f"r_{number}"}
        workflow_id = start([number], by="user:17")
        check = begun(workflow_id)

        ask(worker.get_workflow_handle(workflow_id).cancel())

        assert ended(check) == "cancelled"
    assert "Cancelled" in page(fritz, workflow_id)
    assert check.percent < 100


def test_a_monitor_that_is_cancelled_says_so_at_once_and_the_order_can_be_watched_again(worker: Client) -> None:
    (number,) = make_waiting(1)
    workflow_id = client.monitor_payment(number, by="user:17")
    check = begun(workflow_id)
    monitor = worker.get_workflow_handle(workflow_id)
    ask(monitor.cancel())
    assert ended(check) == "cancelled"
    with pytest.raises(WorkflowFailureError):
        ask(monitor.result())

    client.monitor_payment(number, by="user:17")

    eventually(lambda: not _again(check).end)


def _again(check: PaymentCheck) -> PaymentCheck:
    check.refresh_from_db()
    return check


def test_what_was_terminated_or_forgotten_is_said_by_the_next_check_and_what_runs_still_runs(
    worker: Client, fritz: Browser
) -> None:
    broken, running = make_waiting(2)
    terminated = begun(client.monitor_payment(broken, by="user:17"))
    still = begun(client.monitor_payment(running, by="user:17"))
    forgotten = PaymentCheck.objects.create(
        workflow_id=f"payment-batch-{'a' * 32}", kind="batch", requested_by="user:17", started_at=still.started_at
    )
    ask(worker.get_workflow_handle(terminated.workflow_id).terminate())

    check_all(worker)

    assert (ended(terminated), ended(forgotten), _again(still).end) == ("terminated", "lost", "")
    assert "Broken off" in page(fritz, terminated.workflow_id)
    assert "Lost: Temporal does not know it any more" in page(fritz, forgotten.workflow_id)
    assert "Running" in page(fritz, still.workflow_id)
    assert "last progress" in page(fritz, still.workflow_id)


def test_a_batch_that_is_cancelled_says_so(worker: Client) -> None:
    make_waiting(3)
    with counting() as asked:
        asked.slow = {"r_ORD-2026-000001"}
        start_batch(worker, BatchInput(page_size=1))
        check = begun(BATCH)
        eventually(lambda: asked.calls)

        ask(worker.get_workflow_handle(BATCH).cancel())

        assert ended(check) == "cancelled"


def test_who_watches_an_order_that_a_coordinator_watches_is_led_to_the_coordinators_page(
    worker: Client, fritz: Browser
) -> None:
    (number,) = make_waiting(1)
    coordinator = client.coordinate_payment_checks([number], by="user:17")
    eventually(lambda: _is_watched(worker, number))

    again = client.monitor_payment(number, by="user:18")

    assert again == coordinator
    assert number in page(fritz, again)
    assert "The check is about to begin" not in page(fritz, again)


def _is_watched(temporal: Client, number: str) -> bool:
    query = f"WorkflowId = 'payment-monitor-{number}' AND ExecutionStatus = 'Running'"

    async def count() -> int:
        return (await temporal.count_workflows(query)).count

    return ask(count()) == 1


def test_seeing_the_fulfilment_begin_takes_none_of_the_places_of_those_who_wait_for_the_order(worker: Client) -> None:
    make_product(price="20.00")
    order = place_order(("TEA", 1))
    wait_until(order, waiting_for="payment")
    arrive(order.number)

    for _time in range(MOST_WAITERS + 1):
        workflow_id = client.check_payments_now([order.number], by="user:17")
        eventually(lambda: finished(workflow_id))  # noqa: B023 - called at once

    history = ask(worker.get_workflow_handle(f"order-saga-{order.number}").fetch_history())
    assert not any(event.HasField("workflow_execution_update_accepted_event_attributes") for event in history.events)
    first = PaymentCheck.objects.earliest("pk").workflow_id
    assert outcomes_of(first) == {order.number: "fulfilment_started"}
