"""A fulfilment that somebody terminates in Temporal does not leave its order where it is for ever."""

import pytest
from temporalio.client import Client

from orders.models import Order
from orders.rules import identifiers
from temporal_app import client, policies
from temporal_app.activities import shipping
from temporal_app.client.errors import ClientError
from temporal_app.messages import OrderStep
from tests.factories.orders import (
    ask,
    assert_as_it_began,
    eventually,
    order_events,
    pay,
    place_order,
    saga,
    ship,
    stock,
    undone,
    wait_until,
)
from tests.factories.products import make_product
from tests.workflows.outside import BusyCarrier, use_carrier


@pytest.fixture
def carrier(monkeypatch: pytest.MonkeyPatch) -> BusyCarrier:
    """Who keeps a list of the bookings."""
    carrier = BusyCarrier()
    use_carrier(monkeypatch, carrier)
    return carrier


@pytest.fixture
def order(worker: Client, carrier: BusyCarrier) -> Order:
    """An order that waits to be shipped."""
    make_product(price="20.00")
    order = place_order(("TEA", 2))
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")
    return order


def shipped(order: Order) -> Order:
    ship(order)
    wait_until(order, waiting_for="delivery")
    return order


def run_of(temporal: Client, order: Order) -> str:
    return ask(temporal.get_workflow_handle(identifiers.fulfillment(order.number)).describe()).run_id


def terminate(temporal: Client, order: Order) -> str:
    """As operators do in Temporal's own pages; returns which run it was."""
    run = run_of(temporal, order)
    ask(temporal.get_workflow_handle(identifiers.fulfillment(order.number)).terminate("by mistake"))
    return run


def insist(act: object, *args: object, **words: object) -> None:
    """Say it again until it is taken, as a person would."""

    def is_taken() -> bool:
        try:
            act(*args, **words)
        except ClientError:
            return False
        return True

    eventually(is_taken)


def test_terminated_after_shipping_the_order_is_delivered_when_somebody_says_so(worker: Client, order: Order) -> None:
    lost = terminate(worker, shipped(order))
    eventually(lambda: run_of(worker, order) != lost)

    insist(client.mark_delivered, order.number, by="user:2")

    assert ask(saga(order).result()) == "delivered"
    order.refresh_from_db()
    assert (order.status, stock()) == ("delivered", {"TEA": (998, 0)})
    assert [order_events(order).count(event) for event in ("shipped", "delivered", "completed")] == [1, 1, 1]
    assert order.notifications.filter(kind="order_shipped").count() == 1


def test_terminated_before_shipping_the_parcel_is_booked_once_and_leaves_all_the_same(
    worker: Client, order: Order, carrier: BusyCarrier
) -> None:
    lost = terminate(worker, order)
    eventually(lambda: run_of(worker, order) != lost)

    insist(ship, order)
    wait_until(order, waiting_for="delivery")

    assert carrier.bookings == {order.shipment.booking}
    assert undone(order) == []


def test_terminated_before_shipping_the_order_can_still_be_cancelled(worker: Client, order: Order) -> None:
    lost = terminate(worker, order)
    eventually(lambda: run_of(worker, order) != lost)

    status = client.cancel_order(order.number, reason="changed_mind", by="customer:guest")

    assert status == "cancelled"
    assert_as_it_began(order, {"TEA": (1000, 0)})


def test_terminated_when_the_arrival_was_written_down_the_order_is_complete(worker: Client, order: Order) -> None:
    shipped(order)
    shipping.record_delivered(OrderStep(order.number))  # and then the worker died

    lost = terminate(worker, order)
    eventually(lambda: run_of(worker, order) != lost)
    insist(client.mark_delivered, order.number, by="user:2")

    assert ask(saga(order).result()) == "delivered"
    assert order_events(order).count("delivered") == 1


def test_terminated_after_the_saga_went_on_in_a_new_run_it_is_missed_and_started_anew(
    worker: Client, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "MOST_UPDATES", 1)
    monkeypatch.setattr(policies, "LOOK_AFTER_CHILD", policies.seconds(0.5))
    shipped(order)
    before = ask(saga(order).describe()).run_id
    client.set_language(order.number, "de")
    eventually(lambda: ask(saga(order).describe()).run_id != before)

    lost = terminate(worker, order)
    eventually(lambda: run_of(worker, order) != lost)
    insist(client.mark_delivered, order.number, by="user:2")

    assert ask(saga(order).result()) == "delivered"
