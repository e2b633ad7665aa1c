"""Whoever cancels, and whenever, exactly what was done is undone, last first; once the parcel has left, nobody can."""

from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from temporalio.client import Client

from orders.http_status import http_status
from orders.models import Order
from temporal_app import client
from temporal_app.activities import approvals
from temporal_app.activities.stock import reserve_stock
from temporal_app.client.errors import Refused
from temporal_app.messages import OrderStep, ShippingInfo
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.factories.orders import (
    ask,
    assert_as_it_began,
    eventually,
    ledger,
    order_events,
    pay,
    place_order,
    saga,
    ship,
    start_saga,
    stock,
    undone,
    wait_until,
    write_order,
)
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.serving import workers_on
from tests.workflows.at_once import in_background
from tests.workflows.cancelling import WAYS, Way, by_signal, by_update
from tests.workflows.outside import BusyCarrier, Slow, slow_gateway, use_carrier


@dataclass(frozen=True)
class Stage:
    """
    How far an order has come when it is cancelled, and what must hold afterwards.

    :param undone: what is undone, first to last
    :param payment: the state of its payment in the provider's books
    :param pieces: of a product at 100.00; three of them need a manager's approval
    :param taken_up: by a worker; if not, none runs until the cancellation is with Temporal
    :param reserved: by a worker that died before Temporal heard of it
    :param waits_for: what its row says that it waits for
    :param paid: its customer has paid, or is about to
    :param during: a call that has begun, and ends after the saga has taken the cancellation
    """

    undone: tuple[str, ...]
    payment: str = ""
    pieces: int = 1
    taken_up: bool = True
    reserved: bool = False
    waits_for: str = ""
    paid: bool = False
    during: str = ""


STOCK, HOLD = ("stock_released",), ("hold_released", "stock_released")
MONEY, PARCEL = ("refunded", "stock_released"), ("shipping_cancelled", "refunded", "stock_released")
STAGES = {
    "before anything was done": Stage((), taken_up=False),
    "after a worker reserved and died": Stage(STOCK, taken_up=False, reserved=True),
    "while its approval is being opened": Stage(STOCK, pieces=3, during="approval"),
    "while it waits for approval": Stage(STOCK, pieces=3, waits_for="approval"),
    "while its payment is being opened": Stage(HOLD, "released", during="hold"),
    "while it waits for the money": Stage(HOLD, "released", waits_for="payment"),
    "while its card is being charged": Stage(HOLD, "released", paid=True, during="charge"),
    "while its money is being captured": Stage(MONEY, "captured", paid=True, during="capture"),
    "while its parcel is being booked": Stage(PARCEL, "captured", paid=True, during="book"),
    "while its parcel waits to be sent": Stage(PARCEL, "captured", paid=True, waits_for="shipment"),
}


def hold_up(call: str, carrier: BusyCarrier, monkeypatch: pytest.MonkeyPatch) -> Slow:
    """A call that begins, and ends only when it may."""
    if call == "approval":
        slow = Slow(approvals._opened)
        monkeypatch.setattr(approvals, "_opened", slow)
    elif call == "book":
        slow = Slow(carrier.book)
        monkeypatch.setattr(carrier, "book", slow)
    else:
        slow = slow_gateway(monkeypatch, call)
    return slow


def bring_to(stage: Stage, order: Order) -> Future[str] | None:
    """Do what people do until an order has come so far; returns the payment that has begun, if one has."""
    paying = None
    if stage.paid:
        wait_until(order, waiting_for="payment")
        paying = in_background(pay, order)
    if stage.waits_for:
        wait_until(order, waiting_for=stage.waits_for)
    return paying


def wait_until_taken(order: Order, cancelling: Future[None]) -> None:
    """Until the saga has taken a cancellation; an update returns only when everything is undone."""
    eventually(lambda: cancelling.done() or ask(saga(order).query(OrderSagaWorkflow.get_full_state)).cancel_reason)
    ask(saga(order).query(OrderSagaWorkflow.get_status))  # answered after everything that came before it


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)
def test_a_cancelled_order_has_exactly_undone_what_was_done(
    no_worker_yet: Client, stage: Stage, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier, paying = BusyCarrier(), None
    use_carrier(monkeypatch, carrier)
    call = hold_up(stage.during, carrier, monkeypatch) if stage.during else None
    make_user("mia", "manager")
    make_product()
    before = stock()
    start = write_order(("TEA", stage.pieces))
    order = Order.objects.get(number=start.number)
    if stage.reserved:
        reserve_stock(OrderStep(order.number))

    with ExitStack() as workers:
        if stage.taken_up:
            workers.enter_context(workers_on(no_worker_yet))
            start_saga(start)
            paying = bring_to(stage, order)
            assert call is None or call.begun.wait(60)
            cancelling = in_background(way.cancel, order)
        else:
            cancelling = way.start_cancelled(start)
            workers.enter_context(workers_on(no_worker_yet))
        if call is not None:
            wait_until_taken(order, cancelling)
            call.may_go_on.set()
        cancelling.result()
        wait_until(order, status="cancelled")

    assert undone(order) == list(stage.undone)
    captured = order.total if stage.payment == "captured" else 0
    assert ledger(order) == ([(stage.payment, captured, captured)] if stage.payment else [])
    assert carrier.bookings == set()
    assert_as_it_began(order, before)
    last = order.timeline.latest("id")
    assert (last.actor, last.data["code"]) == way.said
    if stage.waits_for == "approval":
        assert order.approval.outcome == "withdrawn"
    if stage.waits_for == "shipment":
        assert order.shipment.state == "cancelled"
    if paying is not None:
        assert paying.result().startswith("ch_")


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
        wait_until(order, status="cancelled")  # Temporal asks the worker that stopped for ten seconds

    refused = order.timeline.get(kind="request_refused")
    assert (refused.actor, refused.data["request"]) == ("user:7", "mark_shipped")
    assert_as_it_began(order, before)


def test_once_the_parcel_has_left_nobody_cancels(worker: Client) -> None:
    make_product()
    order = place_order()
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")
    ship(order)
    wait_until(order, status="shipped")

    on_its_way = refusal_of_cancelling(order)
    by_signal(order)
    eventually(lambda: "request_refused" in order_events(order))
    client.mark_delivered(order.number, by="user:1")
    assert ask(saga(order).result()) == "delivered"
    arrived = refusal_of_cancelling(order)

    assert (on_its_way.code, http_status(on_its_way)) == ("too_late_to_cancel", 409)
    assert arrived.code == "too_late_to_cancel"


def refusal_of_cancelling(order: Order) -> Refused:
    with pytest.raises(Refused) as refused:
        client.cancel_order(order.number, reason="late", by="user:1")
    return refused.value
