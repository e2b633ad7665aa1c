"""An order waits for its money: its customer is reminded, and may be given more time."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from orders.models import Notification, Order
from orders.rules.approvals import DAY
from orders.rules.refusals import Refusal
from temporal_app import client
from temporal_app.client.errors import Refused
from tests.factories.orders import ask, let_pass, order_events, saga, start_order, wait_until
from tests.factories.products import make_product

HOUR = 3600


def reminders(order: Order) -> int:
    return Notification.objects.filter(order=order, kind="payment_reminder").count()


def deadline_of(order: Order) -> datetime:
    order.refresh_from_db()
    assert order.waiting_until is not None
    return order.waiting_until


def waiting() -> Order:
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")
    return order


@pytest.mark.sqlite
def test_a_customer_is_reminded_two_days_before_the_deadline_once_also_when_it_is_put_off(
    skipping_worker: WorkflowEnvironment,
) -> None:
    order = waiting()
    first = deadline_of(order)

    let_pass(skipping_worker, 12 * DAY - HOUR)
    before = reminders(order)
    let_pass(skipping_worker, 2 * HOUR)
    reminded = reminders(order)
    said = client.extend_payment_deadline(order.number, until=first + timedelta(days=5), by="user:1")
    let_pass(skipping_worker, 6 * DAY)
    extended = (order_events(order).count("payment_reminded"), deadline_of(order), order.status)
    let_pass(skipping_worker, DAY + HOUR)
    wait_until(order, status="cancelled")

    assert (before, reminded) == (0, 1)
    assert datetime.fromisoformat(said) == (first + timedelta(days=5)).replace(microsecond=0)
    assert extended == (1, first + timedelta(days=5), "pending")
    assert order.timeline.latest("id").data["code"] == "payment_deadline"


def test_a_deadline_that_is_put_off_before_the_reminder_puts_that_off_as_well(
    skipping_worker: WorkflowEnvironment,
) -> None:
    order = waiting()
    client.extend_payment_deadline(order.number, until=deadline_of(order) + timedelta(days=10), by="user:1")

    let_pass(skipping_worker, 13 * DAY)
    early = reminders(order)
    let_pass(skipping_worker, 10 * DAY)

    assert (early, reminders(order)) == (0, 1)


def test_a_deadline_is_put_off_once_for_each_request_and_never_moves_back(worker: Client) -> None:
    order = waiting()
    later = datetime.now(UTC) + timedelta(days=20)

    for _click in range(2):
        client.extend_payment_deadline(order.number, until=later, by="user:1", request_id="one form")
    with pytest.raises(Refused) as refused:
        client.extend_payment_deadline(order.number, until=later - timedelta(days=1), by="user:1")

    assert refused.value.code == Refusal.DEADLINE_NOT_LATER
    assert deadline_of(order) == later
    assert ask(saga(order).query("get_progress"))["waiting_until"] == later.isoformat(timespec="seconds")
    assert order_events(order).count("payment_extended") == 1


def test_who_has_paid_or_is_unknown_needs_no_more_time(worker: Client) -> None:
    order = waiting()
    client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
    later = datetime.now(UTC) + timedelta(days=20)

    with pytest.raises(Refused) as ended:
        client.extend_payment_deadline(order.number, until=later, by="user:1")
    with pytest.raises(Refused) as unknown:
        client.extend_payment_deadline("ORD-2026-999999", until=later, by="user:1")

    assert (ended.value.code, unknown.value.code) == (Refusal.ORDER_NOT_PENDING, Refusal.UNKNOWN_ORDER)
