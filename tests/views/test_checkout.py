"""Checkout: one form, one order."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from orders.forms import CheckoutForm
from orders.models import Cart, CartItem, ContactDetails, Order, Product
from orders.rules.states import CartState
from tests.factories.products import make_product
from tests.views.shopping import ADDRESS, check_out, place, put, words

running = pytest.mark.usefixtures("worker")


@running
@pytest.mark.sqlite
def test_a_guest_orders_and_sees_the_order_by_its_token(client: Client) -> None:
    make_product("TEA", name="Assam leaf", price="11.90")
    put(client, "TEA", 2)

    answer = check_out(client)

    order = Order.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/orders/{order.number}/{order.token}/")
    assert order.customer is None
    assert str(order.total) == "23.80"
    assert order.address() == {name: value for name, value in ADDRESS.items() if name != "payment_method"}
    assert "Alice Äther" in words(client.get(answer["Location"]))


@running
def test_the_order_speaks_the_language_of_the_visit(client: Client) -> None:
    make_product()
    client.post("/i18n/setlang/", {"language": "de"})

    order = place(client)

    assert order.language == "de"


@running
def test_a_customer_who_signs_in_with_a_full_cart_owns_the_order(client: Client, alice) -> None:
    make_product()
    put(client)

    client.force_login(alice)
    check_out(client)

    assert Order.objects.get().customer == alice


@running
def test_the_cart_is_empty_after_the_order(client: Client) -> None:
    make_product()
    place(client)

    assert "Your cart is empty" in words(client.get("/cart/"))


@running
def test_the_next_order_starts_with_a_new_cart(client: Client) -> None:
    make_product()

    first, second = place(client), place(client)

    assert first.number != second.number
    assert Cart.objects.filter(state=CartState.CHECKED_OUT).count() == 2


@running
def test_a_checkout_sent_twice_makes_one_order(client: Client) -> None:
    make_product()
    put(client)
    cart = client.session["cart_id"]

    first = check_out(client, cart=cart)
    second = check_out(client, cart=cart)

    assert first["Location"] == second["Location"]
    assert Order.objects.count() == 1


@running
@pytest.mark.sqlite
def test_a_double_click_at_the_same_moment_makes_one_order(client: Client) -> None:
    make_product()
    put(client)
    cart, cookie = client.session["cart_id"], client.cookies["sessionid"].value

    def click(_number: int) -> str:
        try:
            visitor = Client()
            visitor.cookies["sessionid"] = cookie
            return check_out(visitor, cart=cart)["Location"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        ways = set(pool.map(click, range(4)))

    assert len(ways) == 1
    assert Order.objects.count() == 1


@running
def test_an_order_holds_the_address_of_the_last_one_ready(client: Client, alice) -> None:
    make_product()
    client.force_login(alice)
    place(client)
    put(client)

    page = client.get("/checkout/").content.decode()

    assert 'value="Obere Str. 57"' in page


@pytest.mark.usefixtures("filled")
def test_the_checkout_asks_for_exactly_the_fields_of_the_contract(client: Client) -> None:
    form = client.get("/checkout/").context["form"]

    assert [field.name for field in form.visible_fields()] == list(ADDRESS)


@pytest.fixture
def filled(client: Client, db: None) -> str:
    """A visit with something in the cart, as far as the tables know."""
    session = client.session
    session["cart_id"] = uuid4().hex
    session.save()
    cart = Cart.objects.create(cart_id=session["cart_id"], changed_at=timezone.now())
    CartItem.objects.create(cart=cart, product=make_product(), quantity=1)
    return cart.cart_id


WRONG = {
    "name": ["", "   ", "12345", "x" * 121, "Alice\nBcc: all@example.org"],
    "email": ["", "nonsense", "alice@", "a@b@example.org", "alice@example.org\nBcc: all@example.org"],
    "street": ["", "12"],
    "postal_code": ["", "!!", "<12209>"],
    "city": ["", "7"],
    "country": ["", "--"],
    "payment_method": ["", "gold", "bank_transfer_by_owl"],
}


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("field", WRONG)
def test_an_address_that_cannot_be_right_is_a_bad_request_at_its_field(
    client: Client, field: str, subtests: pytest.Subtests
) -> None:
    for value in WRONG[field]:
        with subtests.test(value=value):
            answer = check_out(client, **{field: value})

            assert answer.status_code == 400
            assert field in answer.context["form"].errors
            assert f'id="id_{field}_error"' in answer.content.decode()
            assert not Order.objects.exists()
            assert not ContactDetails.objects.exists()


@pytest.mark.parametrize("code", ["12209", "WA1 1DP", "T2F 8M4", "S-844 67", "05432-043", "D04 V2N8"])
def test_postal_codes_of_the_world_are_fine(code: str) -> None:
    assert CheckoutForm({**ADDRESS, "postal_code": code}).is_valid()


@pytest.mark.django_db
def test_an_empty_cart_cannot_be_ordered(client: Client) -> None:
    answer = check_out(client)

    assert answer.status_code == 409
    assert "Your cart is empty." in words(answer)
    assert not Order.objects.exists()


@running
def test_what_was_sold_out_between_cart_and_checkout_is_a_conflict_with_a_name(client: Client) -> None:
    make_product("TEA", name="Assam leaf", on_hand=5)
    put(client, "TEA", 5)
    Product.objects.update(reserved=4)

    answer = check_out(client)

    assert answer.status_code == 409
    assert "Only 1 of Assam leaf are left." in words(answer)
    assert 'value="Obere Str. 57"' in answer.content.decode()
    assert not Order.objects.exists()
    assert CartItem.objects.get().quantity == 5


@pytest.mark.usefixtures("filled")
def test_a_form_for_a_cart_that_is_gone_asks_to_look_again(client: Client) -> None:
    answer = check_out(client, cart="0" * 32)

    assert answer.status_code == 409
    assert "Your cart has changed meanwhile." in words(answer)
    assert not Order.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("temporal_away", "filled")
def test_while_temporal_is_away_no_order_is_made_and_the_address_is_kept(client: Client) -> None:
    answer = check_out(client)

    assert answer.status_code == 503
    assert "please try again in a minute" in words(answer)
    assert 'value="Obere Str. 57"' in answer.content.decode()
    assert not Order.objects.exists()


def test_a_cart_that_ordered_itself_is_found_among_the_orders(client: Client, filled: str) -> None:
    Order.place(at=timezone.now(), lines=[(Product.objects.get(), 1)], cart_id=filled, **ADDRESS)
    Cart.objects.update(state=CartState.CHECKED_OUT)

    assert "Your cart is empty" in words(client.get("/cart/"))

    assert Order.objects.get().number in words(client.get("/orders/"))
