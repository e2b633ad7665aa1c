"""Whoever cancels, and whenever, exactly what was done is undone, last first."""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from temporalio.client import Client

from orders.models import Order
from temporal_app import client
from temporal_app.activities import approvals
from temporal_app.messages import CancelRequest
from temporal_app.refusals import Refused
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.serving import workers_on
from tests.workflows.making import (
    ask,
    assert_as_it_began,
    eventually,
    happenings,
    ledger,
    make_person,
    make_policies,
    make_product,
    pay,
    place_order,
    saga,
    ship,
    start_order,
    start_saga,
    stock,
    undone,
    wait_until,
    write_order,
)
from tests.workflows.outside import BusyCarrier, Slow, slow_gateway, use_carrier

REQUEST = CancelRequest("changed_mind", by="customer:guest")


def by_update(order: Order) -> None:
    client.cancel_order(order.number, reason=REQUEST.reason, by=REQUEST.by)


def by_signal(order: Order) -> None:
    ask(saga(order).signal(OrderSagaWorkflow.cancel_order, REQUEST))


def by_temporals_own_cancellation(order: Order) -> None:
    ask(saga(order).cancel())


EITHER_WAY = pytest.mark.parametrize("cancel", [by_update, by_signal])
ANY_WAY = pytest.mark.parametrize("cancel", [by_update, by_signal, by_temporals_own_cancellation])


def in_background(act: Any, *args: Any) -> Future:
    """Do something while the test goes on; its exception is the test's when the answer is asked for."""
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(act, *args)
    finally:
        pool.shutdown(wait=False)


def cancel_while(slow: Slow, order: Order, cancel: Any) -> None:
    """Cancel while a call is under way, and let it end once the saga has heard."""
    assert slow.begun.wait(10)
    cancelling = in_background(cancel, order)
    eventually(lambda: ask(saga(order).query(OrderSagaWorkflow.get_full_state)).cancel_reason)
    slow.may_go_on.set()
    cancelling.result()
    wait_until(order, status="cancelled")


@EITHER_WAY
def test_cancelled_before_anything_was_done_there_is_nothing_to_undo(no_worker_yet: Client, cancel: Any) -> None:
    make_product()
    before = stock()
    start = write_order()
    order = Order.objects.get(number=start.number)
    start_saga(start)

    cancelling = in_background(cancel, order)
    if cancel is by_signal:
        cancelling.result()
    with workers_on(no_worker_yet):
        cancelling.result()
        wait_until(order, status="cancelled")

    assert undone(order) == []
    assert_as_it_began(order, before)


@ANY_WAY
def test_cancelled_while_it_waits_for_approval(worker: Client, cancel: Any) -> None:
    make_policies()
    make_person("mia", "manager")
    make_product()
    before = stock()
    order = place_order(("TEA", 3))
    wait_until(order, waiting_for="approval")

    cancel(order)
    wait_until(order, status="cancelled")

    assert undone(order) == ["stock_released"]
    assert order.approval.outcome == "withdrawn"
    assert_as_it_began(order, before)


@EITHER_WAY
def test_cancelled_while_the_approval_is_being_opened(
    worker: Client, cancel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = Slow(approvals._opened)
    monkeypatch.setattr(approvals, "_opened", opening)
    make_policies()
    make_person("mia", "manager")
    make_product()
    before = stock()
    order = start_order(("TEA", 3))

    cancel_while(opening, order, cancel)

    assert undone(order) == ["stock_released"]
    assert_as_it_began(order, before)


@EITHER_WAY
def test_cancelled_while_the_payment_is_being_opened(
    worker: Client, cancel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = slow_gateway(monkeypatch, "hold")
    make_product()
    before = stock()
    order = start_order()

    cancel_while(hold, order, cancel)

    assert undone(order) == ["hold_released", "stock_released"]
    assert ledger(order) == [("released", 0, 0)]
    assert_as_it_began(order, before)


@ANY_WAY
def test_cancelled_while_it_waits_for_the_money(worker: Client, cancel: Any) -> None:
    make_product()
    before = stock()
    order = place_order()
    wait_until(order, waiting_for="payment")

    cancel(order)
    wait_until(order, status="cancelled")

    assert undone(order) == ["hold_released", "stock_released"]
    assert ledger(order) == [("released", 0, 0)]
    assert_as_it_began(order, before)


@EITHER_WAY
def test_cancelled_while_a_card_is_being_charged_the_hold_is_given_up(
    worker: Client, cancel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    charge = slow_gateway(monkeypatch, "charge")
    make_product()
    before = stock()
    order = place_order()
    wait_until(order, waiting_for="payment")
    paying = in_background(pay, order)

    cancel_while(charge, order, cancel)

    assert paying.result().startswith("ch_")
    assert undone(order) == ["hold_released", "stock_released"]
    assert_as_it_began(order, before)


@EITHER_WAY
def test_cancelled_while_the_money_is_being_captured_it_is_refunded(
    worker: Client, cancel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = slow_gateway(monkeypatch, "capture")
    make_product()
    before = stock()
    order = place_order()
    wait_until(order, waiting_for="payment")
    in_background(pay, order)

    cancel_while(capture, order, cancel)

    assert undone(order) == ["refunded", "stock_released"]
    assert ledger(order) == [("captured", order.total, order.total)]
    assert_as_it_began(order, before)


@EITHER_WAY
def test_cancelled_while_the_parcel_is_being_booked_the_booking_is_taken_back(
    worker: Client, cancel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier = BusyCarrier()
    booking = Slow(carrier.book)
    monkeypatch.setattr(carrier, "book", booking)
    use_carrier(monkeypatch, carrier)
    make_product()
    before = stock()
    order = place_order()
    wait_until(order, waiting_for="payment")
    pay(order)

    cancel_while(booking, order, cancel)

    assert undone(order) == ["shipping_cancelled", "refunded", "stock_released"]
    assert carrier.bookings == set()
    assert_as_it_began(order, before)


@ANY_WAY
def test_cancelled_while_the_parcel_waits_to_be_sent(
    worker: Client, cancel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier = BusyCarrier()
    use_carrier(monkeypatch, carrier)
    make_product()
    before = stock()
    order = place_order()
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")

    cancel(order)
    wait_until(order, status="cancelled")

    assert undone(order) == ["shipping_cancelled", "refunded", "stock_released"]
    assert carrier.bookings == set()
    assert order.shipment.state == "cancelled"
    assert_as_it_began(order, before)


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
    assert release.begun.wait(10)
    second = in_background(lambda: client.cancel_order(order.number, reason="other", by="user:1"))
    release.may_go_on.set()
    first.result()
    answers = {second.result(), client.cancel_order(order.number, reason="late", by="user:2")}

    assert answers == {"cancelled"}
    assert happenings(order).count("cancelled") == 1
    assert order.timeline.latest("id").data["reason"] == "changed_mind"
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
    eventually(lambda: "request_refused" in happenings(order))

    order.refresh_from_db()
    assert (refused.value.code, refused.value.status) == ("too_late_to_cancel", 409)
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
