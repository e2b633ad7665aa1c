"""A pending order can be added to, within limits and stock; what that changes is asked for anew."""

from decimal import Decimal

import pytest
from temporalio.client import Client

from orders.http_status import http_status
from orders.models import Order, Product, SandboxPayment
from orders.rules import actors
from temporal_app import client
from temporal_app.activities import orders
from temporal_app.client.errors import Refused, StillWorking
from temporal_app.messages import OrderTotals
from tests.factories.orders import (
    eventually,
    ledger,
    order_events,
    pay,
    place_order,
    start_order,
    start_saga,
    stock,
    wait_until,
    write_order,
)
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.serving import no_patience, workers_on
from tests.workflows.at_once import everybody, in_background
from tests.workflows.outside import Slow, slow_gateway

GUEST = "customer:guest"


def add(order: Order, sku: str = "TEA", quantity: int = 1, request_id: str = "") -> OrderTotals:
    return client.add_order_item(order.number, sku=sku, quantity=quantity, by=GUEST, request_id=request_id)


def refusal(order: Order, sku: str = "TEA", quantity: int = 1) -> str:
    with pytest.raises(Refused) as refused:
        add(order, sku, quantity)
    return refused.value.code


def waiting_order(**columns: object) -> Order:
    make_product(**{"price": "20.00", **columns})
    order = start_order()
    wait_until(order, waiting_for="payment")
    return order


def holds(order: Order) -> list[tuple[str, Decimal]]:
    """Each payment opened at the provider for an order: its state and amount, first to last."""
    return list(SandboxPayment.objects.filter(order_number=order.number).order_by("id").values_list("state", "amount"))


def wait_until_held(order: Order, amount: str) -> None:
    eventually(lambda: holds(order)[-1:] == [("open", Decimal(amount))])
    eventually(lambda: order.timeline.filter(kind="payment_requested").count() == len(holds(order)))


@pytest.mark.sqlite
def test_adding_reserves_more_counts_the_total_anew_and_asks_for_the_new_amount(worker: Client) -> None:
    order = waiting_order()

    totals = add(order, quantity=2)
    wait_until(order, waiting_for="payment")

    assert totals == OrderTotals(1, Decimal("60.00"))
    assert (order.total, order.lines.get().quantity) == (Decimal("60.00"), 3)
    assert stock() == {"TEA": (1000, 3)}
    assert order.timeline.get(kind="item_added").data["after"] == "60.00"


def test_the_old_hold_is_given_up_and_only_the_new_one_is_captured(worker: Client) -> None:
    order = waiting_order()
    add(order, quantity=2)
    wait_until_held(order, "60.00")

    pay(order)
    wait_until(order, waiting_for="shipment")

    assert holds(order) == [("released", Decimal("20.00")), ("captured", Decimal("60.00"))]


def test_adding_beyond_a_tier_sends_the_order_through_approval_and_a_new_hold(worker: Client) -> None:
    mia = actors.user(make_user("mia", "manager").pk)
    order = waiting_order(price="100.00")

    add(order, quantity=2)
    wait_until(order, waiting_for="approval")
    client.decide("order", order.number, role="manager", approved=True, by=mia)
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")

    assert holds(order) == [("released", Decimal("100.00")), ("captured", Decimal("300.00"))]


def test_money_for_the_old_total_does_not_pay_the_new_one(worker: Client) -> None:
    order = waiting_order()
    add(order, quantity=1)
    wait_until_held(order, "40.00")

    with pytest.raises(Refused) as refused:
        client.pay(order.number, payment_method="sandbox", amount=Decimal("20.00"), card_token="tok_visa_1", by=GUEST)

    assert refused.value.code == "amount_differs"


def test_what_cannot_be_had_is_refused_and_changes_nothing(worker: Client) -> None:
    make_product("OLD", active=False)
    make_product("GONE", on_hand=0)
    order = waiting_order(on_hand=5)
    before = (stock(), holds(order), order_events(order))

    assert {refusal(order, sku) for sku in ("NOPE", "", "OLD")} == {"unknown_sku"}
    assert refusal(order, "GONE") == "out_of_stock"
    assert refusal(order, "TEA", 5) == "not_enough_stock"
    assert {refusal(order, "TEA", quantity) for quantity in (0, -3)} == {"quantity_not_positive"}
    assert refusal(order, "TEA", 10_000) == "quantity_too_large"
    order.refresh_from_db()
    assert (stock(), holds(order), order_events(order)) == before
    assert order.total == Decimal("20.00")


def test_a_change_that_takes_its_time_is_not_said_to_have_failed(
    worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = waiting_order()
    slow = Slow(orders.reserve)
    monkeypatch.setattr(orders, "reserve", slow)

    with pytest.raises(StillWorking) as late, no_patience():
        add(order)
    slow.may_go_on.set()

    assert late.value.message == "The shop is still working on it. Please look again in a moment."
    wait_until_held(order, "40.00")


def test_an_order_cannot_come_to_more_than_its_books_can_hold(worker: Client) -> None:
    make_product(price="9000000.00", on_hand=30_000)
    order = start_order()
    wait_until(order, waiting_for="approval")

    assert refusal(order, quantity=9_998) == "total_too_large"
    assert stock() == {"TEA": (30_000, 1)}


def test_an_order_takes_fifty_lines_and_no_more(worker: Client) -> None:
    skus = [f"SKU-{number:02d}" for number in range(51)]
    for sku in skus:
        make_product(sku, price="1.00")
    order = start_order(*((sku, 1) for sku in skus[:49]))
    wait_until(order, waiting_for="payment")

    fiftieth = add(order, skus[49])
    one_more = refusal(order, skus[50])
    more_of_one = add(order, skus[0])

    assert (fiftieth.items, one_more, more_of_one) == (50, "order_full", OrderTotals(50, Decimal("51.00")))


@pytest.mark.sqlite
def test_the_same_request_sent_many_times_adds_once(worker: Client) -> None:
    order = waiting_order()

    answers = set(everybody(lambda _click: add(order, request_id="click-1"), range(4)))
    again = add(order, request_id="click-1")

    assert answers == {again} == {OrderTotals(1, Decimal("40.00"))}
    assert stock() == {"TEA": (1000, 2)}


def test_additions_from_everywhere_at_once_are_all_counted(worker: Client) -> None:
    order = waiting_order(price="1.00")

    everybody(lambda _n: add(order), range(10))
    wait_until_held(order, "11.00")
    pay(order)
    wait_until(order, waiting_for="shipment")

    assert stock() == {"TEA": (1000, 11)}
    assert [captured for state, captured, _refunded in ledger(order) if state == "captured"] == [Decimal("11.00")]
    assert {state for state, _captured, _refunded in ledger(order)} == {"released", "captured"}


def test_adding_before_the_stock_is_reserved_reserves_everything(no_worker_yet: Client) -> None:
    make_product(price="20.00")
    start = write_order(("TEA", 2))
    order = Order.objects.get(number=start.number)
    start_saga(start)

    adding = in_background(add, order)
    with workers_on(no_worker_yet):
        assert adding.result() == OrderTotals(1, Decimal("60.00"))
        wait_until(order, waiting_for="payment")
        wait_until_held(order, "60.00")

    assert stock() == {"TEA": (1000, 3)}


def test_adding_while_the_payment_is_being_opened_opens_another_for_the_new_amount(
    worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = slow_gateway(monkeypatch, "hold")
    make_product(price="20.00")
    order = start_order()
    assert hold.begun.wait(60)

    add(order)
    hold.may_go_on.set()
    wait_until_held(order, "40.00")

    assert holds(order) == [("released", Decimal("20.00")), ("open", Decimal("40.00"))]


def test_a_paid_order_takes_nothing_more(worker: Client) -> None:
    order = waiting_order()
    pay(order)

    at_once = refusal(order)
    wait_until(order, waiting_for="shipment")
    later = refusal(order)

    assert {at_once, later} == {"order_not_pending"}
    assert Product.objects.get().reserved == 1


def test_a_cancelled_order_takes_nothing_more(worker: Client) -> None:
    make_product()
    order = place_order()
    wait_until(order, waiting_for="payment")
    client.cancel_order(order.number, reason="changed_mind", by=GUEST)

    assert refusal(order) in ("order_not_pending", "order_closing")
    assert stock() == {"TEA": (1000, 0)}


def test_an_order_that_does_not_exist_takes_nothing(worker: Client) -> None:
    with pytest.raises(Refused) as refused:
        client.add_order_item("ORD-2026-999999", sku="TEA", quantity=1, by=GUEST)

    assert (refused.value.code, http_status(refused.value)) == ("unknown_order", 404)
