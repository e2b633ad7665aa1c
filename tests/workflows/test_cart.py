"""A cart: what may be put into it, what it answers, and that nothing is put into it twice."""

from uuid import uuid4

import pytest
from temporalio.client import Client

from orders.models import Cart, Order, Product
from orders.models.cart import CartItem as CartRow
from orders.rules import actors, identifiers
from temporal_app import client
from temporal_app.client.errors import Refused
from temporal_app.messages import CartItem, CartTotals
from temporal_app.workflows.shopping_cart import ShoppingCartWorkflow
from tests.factories.carts import workflow_of
from tests.factories.orders import ask, eventually, make_contact
from tests.factories.products import make_product

pytestmark = pytest.mark.usefixtures("worker")
GUEST = actors.customer(None)


def content(cart_id: str) -> dict[str, int]:
    """What the mirror says is in a cart."""
    return dict(CartRow.objects.filter(cart_id=cart_id).order_by("position").values_list("product__sku", "quantity"))


def refusal(act, *args, **parameters) -> str:
    """The code of the refusal that a client function answers with."""
    with pytest.raises(Refused) as refused:
        act(*args, **parameters)
    return refused.value.code


@pytest.fixture
def cart_id() -> str:
    return uuid4().hex


@pytest.mark.sqlite
def test_the_first_item_begins_the_cart_and_each_answer_counts_it(cart_id: str) -> None:
    make_product("TEA", price="12.50")
    make_product("CUP", price="3.99")

    first = client.add_to_cart(cart_id, sku="TEA", quantity=2)
    second = client.add_to_cart(cart_id, sku="CUP", quantity=1)
    third = client.add_to_cart(cart_id, sku="TEA", quantity=1)

    assert [first.items, second.items, third.items] == [1, 2, 2]
    assert [str(answer.total) for answer in (first, second, third)] == ["25.00", "28.99", "41.49"]
    assert content(cart_id) == {"TEA": 3, "CUP": 1}


def test_a_quantity_can_be_set_and_none_takes_the_product_out(cart_id: str) -> None:
    make_product("TEA")
    make_product("CUP")
    client.add_to_cart(cart_id, sku="TEA", quantity=5)
    client.set_cart_quantity(cart_id, sku="CUP", quantity=2)

    answer = client.set_cart_quantity(cart_id, sku="TEA", quantity=0)

    assert answer == CartTotals(1, 2 * Product.objects.get(sku="CUP").price)
    assert content(cart_id) == {"CUP": 2}


def test_the_cart_can_be_read_while_it_is_open_and_after_it_was_checked_out(worker: Client, cart_id: str) -> None:
    make_product()
    client.add_to_cart(cart_id, sku="TEA", quantity=2)
    cart = worker.get_workflow_handle(identifiers.cart(cart_id))
    make_contact(cart_id)

    before = ask(cart.query(ShoppingCartWorkflow.get_cart))
    client.check_out(cart_id, payment_method="sandbox", by=GUEST)
    ask(cart.result())
    after = ask(cart.query(ShoppingCartWorkflow.get_cart))

    assert before == after
    assert before.items == (CartItem("TEA", 2),)


def test_a_quantity_nobody_can_order_is_refused_and_leaves_no_cart(cart_id: str) -> None:
    make_product()
    quantities = (0, -1, 10_000, 10**12)

    codes = [refusal(client.add_to_cart, cart_id, sku="TEA", quantity=quantity) for quantity in quantities]

    assert codes == ["quantity_not_positive"] * 2 + ["quantity_too_large"] * 2
    assert not Cart.objects.exists()


def test_more_than_an_order_can_come_to_is_refused(cart_id: str) -> None:
    make_product(price="9000000.00", on_hand=30_000)
    client.add_to_cart(cart_id, sku="TEA", quantity=1_000)

    assert refusal(client.add_to_cart, cart_id, sku="TEA", quantity=8_999) == "total_too_large"
    assert content(cart_id) == {"TEA": 1_000}


def test_many_small_additions_do_not_pass_the_limit_either(cart_id: str) -> None:
    make_product(on_hand=30_000)
    client.add_to_cart(cart_id, sku="TEA", quantity=9_999)

    assert refusal(client.add_to_cart, cart_id, sku="TEA", quantity=1) == "quantity_too_large"
    assert content(cart_id) == {"TEA": 9_999}


def test_what_the_shop_does_not_sell_cannot_be_put_into_a_cart(cart_id: str) -> None:
    make_product("OLD", active=False)

    codes = {refusal(client.add_to_cart, cart_id, sku=sku, quantity=1) for sku in ("NOPE", "OLD", "", "x" * 500)}

    assert codes == {"unknown_sku"}
    assert content(cart_id) == {}


def test_what_is_sold_out_or_too_few_cannot_be_put_into_a_cart(cart_id: str) -> None:
    make_product("GONE", on_hand=0)
    make_product("FEW", on_hand=5, reserved=3)

    codes = [refusal(client.add_to_cart, cart_id, sku=sku, quantity=3) for sku in ("GONE", "FEW")]

    assert codes == ["out_of_stock", "not_enough_stock"]
    assert content(cart_id) == {}


def test_a_refused_change_leaves_the_cart_as_it_was(cart_id: str) -> None:
    make_product("TEA", on_hand=5)
    client.add_to_cart(cart_id, sku="TEA", quantity=4)

    refusal(client.add_to_cart, cart_id, sku="TEA", quantity=2)
    answer = client.add_to_cart(cart_id, sku="TEA", quantity=1)

    assert answer.items == 1
    assert content(cart_id) == {"TEA": 5}


def test_a_cart_holds_a_hundred_different_products_and_no_more(cart_id: str) -> None:
    for number in range(102):
        make_product(f"SKU-{number:03d}")
    client.order_again(cart_id, items=[CartItem(f"SKU-{number:03d}") for number in range(99)])
    eventually(lambda: len(content(cart_id)) == 99)

    hundredth = client.add_to_cart(cart_id, sku="SKU-099", quantity=1)
    codes = [refusal(client.add_to_cart, cart_id, sku="SKU-100", quantity=1)]
    codes.append(refusal(client.set_cart_quantity, cart_id, sku="SKU-101", quantity=1))
    more_of_one = client.add_to_cart(cart_id, sku="SKU-000", quantity=1)

    assert codes == ["cart_full", "cart_full"]
    assert (hundredth.items, more_of_one.items) == (100, 100)


@pytest.mark.sqlite
def test_the_same_request_sent_twice_has_one_effect_and_one_answer(cart_id: str) -> None:
    make_product()

    answers = {client.add_to_cart(cart_id, sku="TEA", quantity=1, request_id="click-1") for _click in range(3)}
    other = client.add_to_cart(cart_id, sku="TEA", quantity=1, request_id="click-2")

    assert len(answers) == 1
    assert content(cart_id) == {"TEA": 2}
    assert other.total == 2 * answers.pop().total


def test_a_batch_takes_what_can_be_had_and_leaves_out_the_rest(cart_id: str) -> None:
    make_product("TEA")
    make_product("FEW", on_hand=2)
    make_product("GONE", on_hand=0)
    make_product("OLD", active=False)
    wanted = {"TEA": 3, "FEW": 5, "GONE": 1, "OLD": 1, "NOPE": 1, "NEGATIVE": -2}

    totals = client.order_again(cart_id, items=[CartItem(sku, quantity) for sku, quantity in wanted.items()])

    assert content(cart_id) == {"TEA": 3, "FEW": 2}
    assert {item.sku: item.quantity for item in totals.left_out} == {"FEW": 3, "GONE": 1, "OLD": 1, "NOPE": 1}


def test_a_batch_sent_twice_is_added_once_and_answered_the_same(cart_id: str) -> None:
    make_product("FEW", on_hand=2)

    answers = [client.order_again(cart_id, items=[CartItem("FEW", 5)], request_id="click-1") for _click in range(2)]

    assert answers[0] == answers[1]
    assert answers[0].left_out == (CartItem("FEW", 3),)
    assert content(cart_id) == {"FEW": 2}


def test_a_machine_may_report_a_batch_by_signal(cart_id: str) -> None:
    make_product("TEA")
    client.add_to_cart(cart_id, sku="TEA", quantity=1)

    ask(workflow_of(cart_id).signal(ShoppingCartWorkflow.add_items, [CartItem("TEA", 2)]))

    eventually(lambda: content(cart_id) == {"TEA": 3})


def test_a_batch_is_added_to_what_is_there(cart_id: str) -> None:
    make_product("TEA")
    make_product("CUP")
    client.add_to_cart(cart_id, sku="TEA", quantity=1)

    client.order_again(cart_id, items=[CartItem("CUP", 2), CartItem("TEA", 3)])
    eventually(lambda: len(content(cart_id)) == 2)

    assert content(cart_id) == {"TEA": 4, "CUP": 2}


def test_a_batch_of_more_than_a_hundred_products_fills_the_cart_and_no_more(cart_id: str) -> None:
    for number in range(120):
        make_product(f"SKU-{number:03d}")

    client.order_again(cart_id, items=[CartItem(f"SKU-{number:03d}") for number in range(120)])
    eventually(lambda: content(cart_id))

    assert len(content(cart_id)) == 100
    assert Order.objects.count() == 0
