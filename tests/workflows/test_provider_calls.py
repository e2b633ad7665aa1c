"""What is out of order at our own place costs an order time, and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from temporalio.testing import WorkflowEnvironment

from orders.models import Order, SandboxPayment
from orders.rules.approvals import DAY
from temporal_app.activities import outbox, payments, recording, shipping, stock
from temporal_app.connection import NotConnected
from tests.factories.orders import (
    assert_as_it_began,
    eventually,
    let_pass,
    money_kept,
    pay,
    start_order,
    undone,
    wait_until,
)
from tests.factories.orders import stock as stock_figures
from tests.factories.products import make_product
from tests.workflows.at_once import in_background
from tests.workflows.cancelling import by_signal

LONG = 12  # attempts; a provider gets five, or ten where something is undone


@pytest.fixture
def order(skipping_worker: WorkflowEnvironment) -> Order:
    """An order that waits for its money."""
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")
    return order


def failing_for_long(act: Callable[..., Any], error: Exception) -> Callable[..., Any]:
    """Something of ours that fails again and again before it works."""
    left = iter(range(LONG))

    def fail(*args: Any, **parameters: Any) -> Any:
        if next(left, None) is not None:
            raise error
        return act(*args, **parameters)

    return fail


def away_for_long() -> Callable[..., Any]:
    """Our database, away while the timeline is written, again and again."""
    return failing_for_long(recording.record_timeline_entry, OperationalError("away"))


@pytest.mark.parametrize("where", [payments, shipping])
def test_a_step_forward_waits_for_our_database_as_long_as_it_takes(
    skipping_worker: WorkflowEnvironment, order: Order, monkeypatch: pytest.MonkeyPatch, where: Any
) -> None:
    monkeypatch.setattr(where, "record_timeline_entry", away_for_long())

    pay(order)

    wait_until(order, waiting_for="shipment", skipping=skipping_worker)


def test_a_step_forward_waits_until_temporal_lets_the_outbox_be_woken(
    skipping_worker: WorkflowEnvironment, order: Order
) -> None:
    outbox.notifier = outbox.OutboxNotifier(failing_for_long(lambda: None, NotConnected("Workflow is busy")), every=0)

    pay(order)

    wait_until(order, waiting_for="shipment", skipping=skipping_worker)


def test_undoing_waits_for_our_database_as_long_as_it_takes(
    skipping_worker: WorkflowEnvironment, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {"TEA": (stock_figures()["TEA"][0], 0)}
    monkeypatch.setattr(stock, "record_timeline_entry", away_for_long())

    let_pass(skipping_worker, 14 * DAY)
    wait_until(order, status="cancelled", skipping=skipping_worker)

    assert undone(order) == ["hold_released", "stock_released"]
    assert not order.compensation_failures.exists()
    assert_as_it_began(order, before)


def test_an_order_that_is_cancelled_while_our_database_is_away_is_undone_when_it_is_back(
    skipping_worker: WorkflowEnvironment, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payments, "record_timeline_entry", away_for_long())
    pay_now = in_background(pay, order)
    eventually(lambda: SandboxPayment.objects.filter(state="authorised").exists())

    by_signal(order)
    wait_until(order, status="cancelled", skipping=skipping_worker)

    assert pay_now.exception() is not None
    assert undone(order)[-1] == "stock_released"
    assert money_kept(order) == 0
