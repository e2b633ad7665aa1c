"""What is out of order at our own place costs an order time, and nothing else."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import InternalError, OperationalError
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from orders.models import Order, SandboxPayment
from orders.rules.approvals import DAY
from temporal_app import policies
from temporal_app.activities import outbox, payments, recording, shipping, stock
from temporal_app.client import customers
from temporal_app.connection import NotConnected
from tests.factories.orders import (
    ask,
    assert_as_it_began,
    eventually,
    let_pass,
    money_kept,
    pay,
    saga,
    start_order,
    undone,
    wait_until,
)
from tests.factories.orders import stock as stock_figures
from tests.factories.products import make_product
from tests.workflows.at_once import in_background
from tests.workflows.cancelling import by_signal

LONG = 12  # attempts; a refusal in undoing is final after ten


@pytest.fixture
def order(skipping_worker: WorkflowEnvironment) -> Order:
    """An order that waits for its money."""
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")
    return order


OUR_TROUBLE = pytest.mark.parametrize(
    "error",
    [
        OperationalError("the database is away"),
        InternalError("cannot execute UPDATE in a read-only transaction"),
        OSError("no space left on device"),
        AssertionError("a bug"),
    ],
    ids=lambda error: type(error).__name__,
)


def failing_for_long(act: Callable[..., Any], error: Exception) -> Callable[..., Any]:
    """Something of ours that fails again and again before it works."""
    left = iter(range(LONG))

    def fail(*args: Any, **parameters: Any) -> Any:
        if next(left, None) is not None:
            raise error
        return act(*args, **parameters)

    return fail


class Hanging:
    """Something of ours that hangs so many times before it works; whoever waits for it goes on when it may."""

    def __init__(self, act: Callable[..., Any], times: int) -> None:
        self.act, self.left, self.may_go_on = act, iter(range(times)), threading.Event()

    def __call__(self, *args: Any) -> Any:
        if next(self.left, None) is not None:
            assert self.may_go_on.wait(60)
        return self.act(*args)


def in_trouble_for_long(error: Exception) -> Callable[..., Any]:
    """Our database, in trouble while the timeline is written, again and again."""
    return failing_for_long(recording.record_timeline_entry, error)


@OUR_TROUBLE
@pytest.mark.parametrize("where", [payments, shipping])
def test_a_step_forward_waits_for_what_is_ours_as_long_as_it_takes_whatever_it_is(
    skipping_worker: WorkflowEnvironment, order: Order, monkeypatch: pytest.MonkeyPatch, where: Any, error: Exception
) -> None:
    monkeypatch.setattr(where, "record_timeline_entry", in_trouble_for_long(error))
    monkeypatch.setattr(customers, "CARD_TAKES_AT_MOST", policies.seconds(0.5))

    pay(order)

    wait_until(order, waiting_for="shipment", skipping=skipping_worker)


def test_a_step_forward_waits_until_temporal_lets_the_outbox_be_woken(
    skipping_worker: WorkflowEnvironment, order: Order
) -> None:
    outbox.notifier = outbox.OutboxNotifier(failing_for_long(lambda: None, NotConnected("Workflow is busy")), every=0)

    pay(order)

    wait_until(order, waiting_for="shipment", skipping=skipping_worker)


@pytest.mark.faults  # it takes a minute
def test_a_step_forward_is_tried_for_as_long_as_our_database_hangs(
    worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(policies.CALL_PROVIDER, "start_to_close_timeout", policies.seconds(0.5))
    quick = replace(
        policies.CALL_PROVIDER["retry_policy"], initial_interval=policies.seconds(0.1), backoff_coefficient=1.0
    )
    monkeypatch.setitem(policies.CALL_PROVIDER, "retry_policy", quick)
    hanging = Hanging(payments._refuse_if_closing, times=6)
    monkeypatch.setattr(payments, "_refuse_if_closing", hanging)
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")

    pay(order)

    try:
        wait_until(order, waiting_for="shipment")
    finally:
        hanging.may_go_on.set()


@OUR_TROUBLE
def test_undoing_waits_for_what_is_ours_as_long_as_it_takes_whatever_it_is(
    skipping_worker: WorkflowEnvironment, order: Order, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    before = {"TEA": (stock_figures()["TEA"][0], 0)}
    monkeypatch.setattr(stock, "record_timeline_entry", in_trouble_for_long(error))

    let_pass(skipping_worker, 14 * DAY)
    wait_until(order, status="cancelled", skipping=skipping_worker)

    assert undone(order) == ["hold_released", "stock_released"]
    assert not order.compensation_failures.exists()
    assert_as_it_began(order, before)


def test_an_order_that_is_cancelled_while_our_database_is_away_is_undone_when_it_is_back(
    worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not on the server that skips time: it forgets an activity that fails after it was asked to be cancelled."""
    at_once = replace(policies.UNDO["retry_policy"], initial_interval=policies.seconds(0.05), backoff_coefficient=1.0)
    monkeypatch.setitem(policies.UNDO, "retry_policy", at_once)
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")
    monkeypatch.setattr(payments, "record_timeline_entry", in_trouble_for_long(OperationalError("away")))
    pay_now = in_background(pay, order)
    eventually(lambda: SandboxPayment.objects.filter(state="authorised").exists())

    by_signal(order)
    wait_until(order, status="cancelled")

    assert pay_now.exception() is not None
    assert undone(order)[-1] == "stock_released"
    assert money_kept(order) == 0


def test_our_own_trouble_when_an_answers_time_is_up_is_tried_at_ease(
    skipping_worker: WorkflowEnvironment, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = OperationalError("away")
    monkeypatch.setattr(payments, "record_timeline_entry", in_trouble_for_long(error))
    paying = in_background(pay, order)
    eventually(lambda: SandboxPayment.objects.filter(state="authorised").exists())

    wait_until(order, waiting_for="shipment", skipping=skipping_worker)

    paying.exception(timeout=60)  # it may have become too late for an answer
    events = ask(saga(order).fetch_history()).events
    scheduled = [event.activity_task_scheduled_event_attributes.activity_type.name for event in events]
    assert scheduled.count("charge_card") == 2
