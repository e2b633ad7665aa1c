"""An order from the cart to the doorstep."""

import pytest

from orders.models import Product
from temporal_app import client
from tests.workflows.making import (
    happenings,
    make_product,
    pay,
    place_order,
    ship,
    wait_until,
)

pytestmark = pytest.mark.usefixtures("worker")


def test_an_order_below_the_first_tier_goes_from_the_cart_to_the_doorstep():
    make_product(price="20.00")

    order = place_order(("TEA", 2))
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")
    ship(order)
    wait_until(order, status="shipped")
    client.mark_delivered(order.number, by="user:1")
    wait_until(order, status="delivered")

    product = Product.objects.get()
    assert (product.on_hand, product.reserved) == (998, 0)
    assert happenings(order)[0] == "placed"
