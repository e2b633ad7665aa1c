"""Orders that wait long for their money: one function an ending."""

from datetime import timedelta

from temporalio.testing import WorkflowEnvironment

from orders.models import Order
from orders.payments.reopenable import offer
from orders.rules.approvals import DAY
from temporal_app import client
from temporal_app.messages import OrderDeadlines
from tests.factories.orders import let_pass, order_events, pay, start_order, wait_until
from tests.factories.products import make_product
from tests.histories.scenarios import GUEST, Scenario
from tests.histories.waits import paying


def reminded_and_paid(environment: WorkflowEnvironment) -> None:
    order = paying()
    let_pass(environment, 12 * DAY + 3600)
    assert "payment_reminded" in order_events(order)
    pay(order)
    wait_until(order, waiting_for="shipment", skipping=environment)
    client.cancel_order(order.number, reason="changed_mind", by=GUEST)
    wait_until(order, status="cancelled", skipping=environment)


def extended_and_not_paid(environment: WorkflowEnvironment) -> None:
    order = paying()
    order.refresh_from_db()
    let_pass(environment, 13 * DAY)
    assert order.waiting_until is not None
    client.extend_payment_deadline(order.number, until=order.waiting_until + timedelta(days=5), by="user:1")
    let_pass(environment, 7 * DAY)
    wait_until(order, status="cancelled", skipping=environment)


def placed_anew(_environment: WorkflowEnvironment) -> None:
    make_product()
    order = start_order(deadlines=OrderDeadlines(payment=1))
    wait_until(order, status="cancelled")
    seen = offer(order).fingerprint
    number = client.reopen_order(order.number, seen=seen, by="user:1", request_id="1" * 32)
    wait_until(Order.objects.get(number=number), waiting_for="payment")


DEADLINES: tuple[Scenario, ...] = (reminded_and_paid, extended_and_not_paid)
