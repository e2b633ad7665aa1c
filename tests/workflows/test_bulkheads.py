"""Whoever hangs, the others go on: every provider, the shop's own steps, carts and mail have slots of their own."""

from collections.abc import Iterator
from threading import Event, Semaphore
from typing import Any

import pytest
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.client import Client

from orders.models import Notification, Order
from orders.payments.sandbox import SandboxGateway
from temporal_app import client, names
from temporal_app.activities import payments
from temporal_app.messages import OrderDeadlines
from temporal_app.queues import QUEUES
from tests.factories.carts import add, start_cart
from tests.factories.orders import (
    ask,
    eventually,
    make_contact,
    order_events,
    saga,
    start_order,
    wait_until,
)
from tests.factories.products import make_product
from tests.serving import workers_on
from tests.workflows.cancelling import by_signal
from tests.workflows.outside import break_gateway

MORE_THAN_ALL_THREADS = 8
CALLS = names.calls_queue("sandbox")
SCHEDULED = PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
STARTED = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED


class Hanging(SandboxGateway):
    """A provider that answers no request to hold money until it may."""

    def __init__(self) -> None:
        self.called, self.may_answer = Semaphore(0), Event()

    def hold(self, **parameters: Any) -> Any:
        self.called.release()
        self.may_answer.wait()
        return super().hold(**parameters)


@pytest.fixture
def worker(no_worker_yet: Client, settings) -> Iterator[Client]:
    """The `temporal` client, with all queues served by few threads."""
    settings.WORKER_THREADS, settings.PROVIDER_CALLS = 4, 2
    with workers_on(no_worker_yet):
        yield no_worker_yet


@pytest.fixture
def provider(worker: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    hanging, usual = Hanging(), payments.gateway_for
    monkeypatch.setattr(payments, "gateway_for", lambda method: hanging if method == "sandbox" else usual(method))
    yield hanging
    hanging.may_answer.set()


@pytest.fixture
def hanging_orders(provider: Hanging, settings) -> list[Order]:
    """More orders than a worker has threads, all of which wait for a provider that hangs."""
    make_product(price="20.00")
    orders = [start_order() for _order in range(MORE_THAN_ALL_THREADS)]
    for _call in range(settings.PROVIDER_CALLS):
        assert provider.called.acquire(timeout=60)
    for order in orders:
        eventually(lambda order=order: pending(order))
    return orders


def pending(order: Order) -> list[int]:
    """The states of what an order's saga has asked for and not got yet."""
    return [activity.state for activity in ask(saga(order).describe()).raw_description.pending_activities]


def attempts_in_history(order: Order) -> set[int]:
    """How often each of an order's activities that have ended was begun."""
    events = ask(saga(order).fetch_history()).events
    started = [event.activity_task_started_event_attributes for event in events]
    return {one.attempt for one in started if one.attempt}


def test_carts_answer_as_before_while_a_provider_hangs(hanging_orders: list[Order]) -> None:
    cart_id = start_cart()

    totals = add(cart_id)

    assert totals.items == 1


def test_orders_go_on_and_mail_goes_out_while_a_provider_hangs(hanging_orders: list[Order], settings) -> None:
    cart_id = start_cart()
    add(cart_id)
    make_contact(cart_id)
    settings.PAYMENT_METHODS = ["sandbox", "bank_transfer"]

    number = client.check_out(cart_id, payment_method="bank_transfer", by="customer:guest")

    order = Order.objects.get(number=number)
    wait_until(order, waiting_for="payment")
    eventually(lambda: Notification.objects.filter(order=order, sent_at__isnull=False).exists())


def test_a_hanging_provider_is_called_no_more_often_at_once_than_it_may(hanging_orders: list[Order], settings) -> None:
    states = [state for order in hanging_orders for state in pending(order)]

    assert states.count(STARTED) == settings.PROVIDER_CALLS
    assert states.count(SCHEDULED) == MORE_THAN_ALL_THREADS - settings.PROVIDER_CALLS


def test_what_waits_for_its_turn_is_called_once_and_its_time_does_not_run(
    provider: Hanging, hanging_orders: list[Order]
) -> None:
    provider.may_answer.set()

    for order in hanging_orders:
        wait_until(order, waiting_for="payment")
        # the activity writes the row before Temporal writes down that it has ended
        assert eventually(lambda order=order: attempts_in_history(order)) == {1}


def test_an_order_that_waits_for_its_turn_can_be_cancelled(provider: Hanging, hanging_orders: list[Order]) -> None:
    waiting = next(order for order in hanging_orders if pending(order) == [SCHEDULED])

    by_signal(waiting)
    eventually(lambda: "undo_started" in order_events(waiting))
    provider.may_answer.set()

    wait_until(waiting, status="cancelled")


BUT_CALLS = {queue: served for queue, served in QUEUES.items() if queue != CALLS}


def test_an_order_whose_call_found_no_place_in_our_queue_ended_for_want_of_time_and_not_of_an_answer(
    no_worker_yet: Client,
) -> None:
    make_product()

    with workers_on(no_worker_yet, BUT_CALLS):
        order = start_order(deadlines=OrderDeadlines(payment=1))
        eventually(lambda: "undo_started" in order_events(order))
        with workers_on(no_worker_yet, {CALLS: QUEUES[CALLS]}):
            wait_until(order, status="cancelled")

    assert order.timeline.latest("id").data["code"] == "payment_deadline"


def test_an_order_whose_provider_was_asked_and_did_not_answer_says_so_wherever_the_last_call_waits(
    no_worker_yet: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_product()
    provider = break_gateway(monkeypatch, "hold")

    with workers_on(no_worker_yet, BUT_CALLS):
        with workers_on(no_worker_yet, {CALLS: QUEUES[CALLS]}):
            order = start_order(deadlines=OrderDeadlines(payment=4))
            eventually(lambda: provider.calls)
        eventually(lambda: "undo_started" in order_events(order))
        with workers_on(no_worker_yet, {CALLS: QUEUES[CALLS]}):
            wait_until(order, status="cancelled")

    assert order.timeline.latest("id").data["code"] == "no_answer"
