"""Who may cancel until when, and what it says afterwards."""

import pytest
from temporalio.client import Client

from orders.http_status import http_status
from temporal_app import client
from temporal_app.client.errors import Refused
from temporal_app.messages import ShippingInfo
from temporal_app.workflows.order_saga import OrderSagaWorkflow
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
    wait_until,
)
from tests.factories.products import make_product
from tests.serving import workers_on
from tests.workflows.at_once import in_background
from tests.workflows.cancelling import by_signal, by_update
from tests.workflows.outside import slow_gateway


def test_a_cancellation_names_who_asked_and_why(worker: Client) -> None:
    make_product()
    order = place_order()
    wait_until(order, waiting_for="payment")

    answer = client.cancel_order(order.number, reason="changed_mind", by="customer:guest")

    last = order.timeline.latest("id")
    assert answer == "cancelled"
    assert (last.kind, last.actor, last.data) == (
        "cancelled",
        "customer:guest",
        {"code": "cancelled", "reason": "changed_mind"},
    )


def test_two_cancellations_are_one(worker: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_product()
    before = stock()
    order = place_order()
    wait_until(order, waiting_for="payment")
    release = slow_gateway(monkeypatch, "release")

    first = in_background(by_update, order)
    assert release.begun.wait(60)
    second = in_background(lambda: client.cancel_order(order.number, reason="other", by="user:1"))
    release.may_go_on.set()
    first.result()
    answers = {second.result(), client.cancel_order(order.number, reason="late", by="user:2")}

    assert answers == {"cancelled"}
    assert order_events(order).count("cancelled") == 1
    assert order.timeline.latest("id").data["reason"] == "changed_mind"
    assert_as_it_began(order, before)


def test_shipped_although_it_was_cancelled_a_moment_ago_is_refused_and_noted(no_worker_yet: Client) -> None:
    make_product()
    before = stock()
    with workers_on(no_worker_yet):
        order = place_order()
        wait_until(order, waiting_for="payment")
        pay(order)
        wait_until(order, waiting_for="shipment")

    by_signal(order)
    ask(saga(order).signal(OrderSagaWorkflow.mark_shipped, ShippingInfo("DHL", "0034 1", by="user:7")))
    with workers_on(no_worker_yet):
        wait_until(order, status="cancelled", within=90)  # Temporal asks the worker that stopped for ten seconds

    refused = order.timeline.get(kind="request_refused")
    assert (refused.actor, refused.data["request"]) == ("user:7", "mark_shipped")
    assert_as_it_began(order, before)


def test_once_shipped_nobody_cancels(worker: Client) -> None:
    make_product()
    order = place_order()
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")
    ship(order)
    wait_until(order, status="shipped")

    with pytest.raises(Refused) as refused:
        by_update(order)
    by_signal(order)
    eventually(lambda: "request_refused" in order_events(order))

    order.refresh_from_db()
    assert (refused.value.code, http_status(refused.value)) == ("too_late_to_cancel", 409)
    assert order.status == "shipped"


def test_once_delivered_nobody_cancels(worker: Client) -> None:
    make_product()
    order = place_order()
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")
    ship(order)
    wait_until(order, status="shipped")
    client.mark_delivered(order.number, by="user:1")
    assert ask(saga(order).result()) == "delivered"

    with pytest.raises(Refused) as refused:
        by_update(order)

    assert refused.value.code == "too_late_to_cancel"
