"""From cart to order: once, with what is really there, and only for someone who said where to."""

from uuid import uuid4

import pytest

from orders.http_status import http_status
from orders.models import Cart, ContactDetails, Notification, Order, OrderLine, Product
from orders.rules import actors
from temporal_app import client
from temporal_app.client.errors import Refused
from temporal_app.messages import CartItem
from tests.factories.orders import make_contact, order_events
from tests.factories.products import make_product
from tests.workflows.at_once import everybody

pytestmark = pytest.mark.usefixtures("worker")
GUEST = actors.customer(None)


def filled_cart(*items: tuple[str, int]) -> str:
    """A cart of someone who has said where to deliver."""
    cart_id = uuid4().hex
    for sku, quantity in items or (("TEA", 2),):
        client.add_to_cart(cart_id, sku=sku, quantity=quantity, request_id=uuid4().hex)
    make_contact(cart_id)
    return cart_id


def check_out(cart_id: str, payment_method: str = "sandbox") -> str:
    return client.check_out(cart_id, payment_method=payment_method, by=GUEST)


def refusal(cart_id: str, **parameters: str) -> Refused:
    with pytest.raises(Refused) as refused:
        check_out(cart_id, **parameters)
    return refused.value


@pytest.mark.sqlite
def test_an_order_holds_what_the_cart_held_at_the_prices_of_the_moment_and_the_address() -> None:
    make_product("TEA", price="12.50")
    make_product("CUP", price="3.99")
    cart_id = filled_cart(("TEA", 2), ("CUP", 3))

    number = check_out(cart_id)
    Product.objects.update(price="99.00")

    order = Order.objects.get(number=number)
    lines = set(OrderLine.objects.filter(order=order).values_list("sku", "unit_price", "quantity"))
    assert {(sku, str(price), quantity) for sku, price, quantity in lines} == {("TEA", "12.50", 2), ("CUP", "3.99", 3)}
    assert str(order.total) == "36.97"
    assert order.address() == ContactDetails.objects.get().address()
    assert number == f"ORD-{order.placed_at.year}-{order.pk:06d}"
    assert len(order.token) >= 22
    assert order_events(order)[0] == "placed"
    assert Notification.objects.filter(order=order, kind="order_placed").count() == 1


@pytest.mark.sqlite
def test_a_checkout_submitted_many_times_at_once_makes_one_order() -> None:
    make_product()
    cart_id = filled_cart()

    numbers = set(everybody(lambda _click: check_out(cart_id), range(5)))
    later = check_out(cart_id)

    assert numbers == {later}
    assert Order.objects.count() == 1
    assert Cart.objects.get().state == "checked_out"


def test_an_empty_cart_cannot_be_checked_out() -> None:
    make_product()
    never_begun = uuid4().hex
    emptied = filled_cart()
    client.set_cart_quantity(emptied, sku="TEA", quantity=0)

    codes = {refusal(never_begun).code, refusal(emptied).code}

    assert codes == {"cart_empty"}
    assert not Order.objects.exists()


@pytest.mark.parametrize("left", [0, 1])
def test_what_was_sold_out_since_is_refused_by_name_and_nothing_is_written(left: int) -> None:
    make_product("TEA", name="Green tea", on_hand=5)
    make_product("CUP")
    cart_id = filled_cart(("CUP", 1), ("TEA", 2))
    Product.objects.filter(sku="TEA").update(on_hand=left)

    refused = refusal(cart_id)

    assert (refused.code, http_status(refused)) == ("not_enough_stock" if left else "out_of_stock", 409)
    assert "Green tea" in refused.message
    assert not Order.objects.exists()
    assert not OrderLine.objects.exists()
    assert Cart.objects.get().state == "open"


def test_a_refused_checkout_can_be_repeated_with_a_smaller_cart() -> None:
    make_product("TEA", on_hand=5)
    cart_id = filled_cart(("TEA", 5))
    Product.objects.update(on_hand=3)
    refusal(cart_id)

    client.set_cart_quantity(cart_id, sku="TEA", quantity=3)
    order = Order.objects.get(number=check_out(cart_id))

    assert order.lines.get().quantity == 3


def test_without_an_address_there_is_no_order() -> None:
    make_product()
    cart_id = filled_cart()
    ContactDetails.objects.all().delete()

    refused = refusal(cart_id)

    assert (refused.code, http_status(refused)) == ("address_missing", 400)
    assert not Order.objects.exists()


def test_a_payment_method_that_is_not_offered_is_refused() -> None:
    make_product()

    refused = refusal(filled_cart(), payment_method="cheque")

    assert refused.code == "unknown_payment_method"
    assert not Order.objects.exists()


def test_an_order_holds_fifty_lines_and_no_more() -> None:
    for number in range(51):
        make_product(f"SKU-{number:02d}", price="1.00")
    cart_id = filled_cart(("SKU-00", 1))
    client.order_again(cart_id, items=[CartItem(f"SKU-{number:02d}") for number in range(1, 51)])
    client.add_to_cart(cart_id, sku="SKU-00", quantity=1)

    code = refusal(cart_id).code
    client.set_cart_quantity(cart_id, sku="SKU-50", quantity=0)
    order = Order.objects.get(number=check_out(cart_id))

    assert code == "order_full"
    assert order.lines.count() == 50


def test_a_checked_out_cart_takes_nothing_more() -> None:
    make_product()
    cart_id = filled_cart()
    check_out(cart_id)

    codes = set()
    for act in (client.add_to_cart, client.set_cart_quantity):
        with pytest.raises(Refused) as refused:
            act(cart_id, sku="TEA", quantity=1)
        codes.add(refused.value.code)
    with pytest.raises(Refused) as refused:
        client.order_again(cart_id, items=[CartItem("TEA")])

    assert codes | {refused.value.code} == {"cart_closed"}
    assert Order.objects.get().lines.get().quantity == 2
