"""Carts and what becomes of them, activity by activity, each run twice."""

import pytest
from django.utils import timezone

from orders.models import Cart, Order, PaymentEvent, Product
from temporal_app.activities import carts, payment_events
from temporal_app.messages import CartChange, CartItem, OrderPlacement
from tests.factories import steps
from tests.factories.orders import make_contact
from tests.factories.products import make_product
from tests.factories.steps import everything, order_after, up_to

CART = "c" * 32


def fill(*items: tuple[str, int], changed: str = "") -> object:
    """Record that a cart holds these."""
    content = tuple(CartItem(sku, quantity) for sku, quantity in items)
    return carts.record_cart(CartChange(CART, content, changed, closes_at=2e9))


def quietly(rows: dict) -> dict:
    """Without the ids that rows written anew have."""
    for row in rows["CartItem"]:
        row.pop("id")
    return rows


@pytest.mark.sqlite
def test_recording_a_cart_twice_holds_it_once() -> None:
    make_product("TEA")
    make_product("CUP")

    first = fill(("TEA", 2), ("CUP", 1), changed="CUP")
    once = quietly(everything())
    again = fill(("TEA", 2), ("CUP", 1), changed="CUP")

    assert again == first
    assert quietly(everything()) == once


@pytest.mark.sqlite
def test_placing_an_order_twice_places_one_even_if_prices_changed_in_between() -> None:
    make_product("TEA")
    make_contact(CART)
    fill(("TEA", 2))
    placement = OrderPlacement(CART, "customer:guest")

    first = carts.place_order(placement)
    Product.objects.update(price="999.00", on_hand=0)
    again = carts.place_order(placement)

    assert again == first
    assert Order.objects.count() == 1


def test_expiring_a_cart_that_was_checked_out_leaves_it_checked_out() -> None:
    make_product("TEA")
    make_contact(CART)
    fill(("TEA", 2))
    carts.place_order(OrderPlacement(CART, "customer:guest"))

    carts.expire_cart(CART)

    assert Cart.objects.get().state == "checked_out"


def test_a_product_that_is_not_sold_any_more_leaves_the_cart_with_the_next_change() -> None:
    make_product("TEA")
    make_product("CUP")
    fill(("TEA", 2), changed="TEA")
    Product.objects.filter(sku="TEA").update(active=False)

    content = fill(("TEA", 2), ("CUP", 1), changed="CUP")

    assert content.items == (CartItem("CUP", 1),)


def test_matching_a_payment_event_twice_answers_the_same() -> None:
    order = order_after(*up_to(steps.charge))
    payment_event, _new = PaymentEvent.receive(
        provider="sandbox",
        event_id="evt_1",
        order_number=order.number,
        status="paid",
        amount=order.total,
        currency="EUR",
        reference=order.payments.get().reference,
        reported_by="webhook:sandbox",
        received_at=timezone.now(),
    )

    first = payment_events.match_payment_event(payment_event.pk)
    once = everything()
    again = payment_events.match_payment_event(payment_event.pk)

    assert again == first
    assert (first.number, first.confirmation.amount, first.confirmation.by) == (
        order.number,
        order.total,
        "webhook:sandbox",
    )
    assert everything() == once
