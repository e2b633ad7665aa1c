"""Carts and orders live by the settings of the moment they began, whatever is set afterwards."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from orders.models import Cart, Order
from orders.rules.approvals import DAY
from temporal_app import client
from temporal_app.messages import CartItem, OrderDeadlines
from tests.factories.carts import start_of, state
from tests.factories.orders import (
    eventually,
    let_pass,
    make_contact,
    order_events,
    pay,
    ship,
    start_order,
    wait_until,
    write_order,
)
from tests.factories.products import make_product

HOUR = 3600


def put_in(cart_id: str) -> None:
    """One packet, by the client function of the product page."""
    client.add_to_cart(cart_id, sku="TEA", quantity=1, request_id=uuid4().hex)


def order_again(cart_id: str) -> None:
    """One packet, by the client function of "order again"."""
    client.order_again(cart_id, items=[CartItem("TEA")])


@pytest.mark.parametrize("fill", [put_in, order_again])
def test_a_cart_lives_as_long_as_was_set_when_it_began(worker: Client, settings, fill: Callable[[str], None]) -> None:
    make_product()
    settings.CART_LIFETIME = 2 * HOUR
    cart_id = uuid4().hex
    fill(cart_id)
    settings.CART_LIFETIME = 5 * DAY
    fill(cart_id)

    cart = eventually(lambda: Cart.objects.filter(cart_id=cart_id, items__quantity=2).first())

    assert start_of(cart_id).lifetime_seconds == 2 * HOUR
    assert cart.closes_at - cart.changed_at < timedelta(days=1)


@pytest.mark.parametrize("fill", [put_in, order_again])
@pytest.mark.parametrize(
    ("then", "now", "ending", "orders"),
    [("expire", "checkout", "expired", 0), ("checkout", "expire", "checked_out", 1)],
)
def test_a_cart_ends_the_way_that_was_set_when_it_began(
    skipping_worker: WorkflowEnvironment,
    settings,
    fill: Callable[[str], None],
    then: str,
    now: str,
    ending: str,
    orders: int,
) -> None:
    make_product()
    settings.CART_LIFETIME, settings.CART_ON_EXPIRY = HOUR, then
    cart_id = uuid4().hex
    make_contact(cart_id)
    fill(cart_id)
    eventually(lambda: Cart.objects.filter(cart_id=cart_id, items__quantity=1).exists())
    settings.CART_ON_EXPIRY = now

    let_pass(skipping_worker, HOUR + 60)
    eventually(lambda: state(cart_id) != "open")

    assert (state(cart_id), Order.objects.count()) == (ending, orders)


@pytest.mark.django_db
def test_an_order_starts_with_the_deadlines_that_are_set_when_it_is_placed(settings) -> None:
    make_product()
    settings.PAYMENT_DEADLINE, settings.SHIPMENT_DEADLINE, settings.DELIVERY_AFTER = 11, 12, 13
    settings.PAYMENT_REMINDER = 4

    start = write_order()

    deadlines = OrderDeadlines(payment=11, shipment=12, delivery_after=13, reminder=4, extension=90 * DAY)
    assert start.deadlines == deadlines


def test_an_order_waits_for_its_money_as_long_as_was_set_when_it_was_placed(
    skipping_worker: WorkflowEnvironment, settings
) -> None:
    make_product()
    settings.PAYMENT_DEADLINE = HOUR
    order = start_order()
    settings.PAYMENT_DEADLINE = 100 * DAY
    wait_until(order, waiting_for="payment")

    let_pass(skipping_worker, HOUR + 60)
    wait_until(order, status="cancelled")

    assert order.timeline.latest("id").data["code"] == "payment_deadline"


def test_an_order_is_shipped_late_when_it_was_set_so_when_it_was_placed(
    skipping_worker: WorkflowEnvironment, settings
) -> None:
    make_product()
    settings.SHIPMENT_DEADLINE = HOUR
    order = start_order()
    settings.SHIPMENT_DEADLINE = 100 * DAY
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment", skipping=skipping_worker)

    let_pass(skipping_worker, HOUR + 60)

    eventually(lambda: "shipment_late" in order_events(order))


def test_an_order_counts_as_delivered_after_the_time_that_was_set_when_it_was_placed(
    skipping_worker: WorkflowEnvironment, settings
) -> None:
    make_product()
    settings.DELIVERY_AFTER = HOUR
    order = start_order()
    settings.DELIVERY_AFTER = 100 * DAY
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment", skipping=skipping_worker)
    ship(order)
    wait_until(order, waiting_for="delivery")

    let_pass(skipping_worker, HOUR + 60)

    wait_until(order, status="delivered")
