"""Whoever cancels, and whenever, exactly what was done is undone, last first."""

from typing import Any

import pytest
from temporalio.client import Client

from orders.models import Order
from temporal_app.activities import approvals
from temporal_app.activities.stock import reserve_stock
from temporal_app.messages import OrderStep
from tests.factories.orders import (
    assert_as_it_began,
    ledger,
    pay,
    place_order,
    start_order,
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
from tests.workflows.cancelling import (
    ANY_WAY,
    EITHER_WAY,
    by_patient_update,
    by_signal,
    by_temporals_own_cancellation,
    cancel_while,
)
from tests.workflows.outside import BusyCarrier, Slow, slow_gateway, use_carrier


@pytest.mark.parametrize("cancel", [by_patient_update, by_signal])
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


def test_what_a_worker_reserved_before_it_died_is_given_back_though_nobody_heard_of_it(no_worker_yet: Client) -> None:
    make_product()
    before = stock()
    start = write_order()
    order = Order.objects.get(number=start.number)
    reserve_stock(OrderStep(order.number))
    start_saga(start)

    by_temporals_own_cancellation(order)
    with workers_on(no_worker_yet):
        wait_until(order, status="cancelled")

    assert undone(order) == ["stock_released"]
    assert_as_it_began(order, before)


@ANY_WAY
def test_cancelled_while_it_waits_for_approval(worker: Client, cancel: Any) -> None:
    make_user("mia", "manager")
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
    make_user("mia", "manager")
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
