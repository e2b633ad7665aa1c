"""The cart: adding, changing, removing, and what happens to input that cannot be meant."""

from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from orders.models import Cart, CartItem, Product
from tests.factories.products import make_product
from tests.views.shopping import put, words

running = pytest.mark.usefixtures("worker")


def contents() -> dict[str, int]:
    return dict(CartItem.objects.values_list("product__sku", "quantity"))


def fill(visitor: Client, *products: Product) -> None:
    """A cart as the tables know it, with one piece of each of these and no process behind it."""
    cart = Cart.objects.create(cart_id=uuid4().hex, changed_at=timezone.now())
    for product in products:
        CartItem.objects.create(cart=cart, product=product, quantity=1)
    session = visitor.session
    session["cart_id"] = cart.cart_id
    session.save()


@running
def test_what_is_added_is_in_the_cart(client: Client) -> None:
    make_product("TEA", name="Assam leaf", price="11.90")

    answer = put(client, "TEA", 3)

    assert (answer.status_code, answer["Location"]) == (302, "/cart/")
    page = words(client.get("/cart/"))
    assert "3 × Assam leaf is in your cart now." in page
    assert "35.70 €" in page


@running
def test_adding_again_adds_up(client: Client) -> None:
    make_product("TEA")

    put(client, "TEA", 2)
    put(client, "TEA", 3)

    assert contents() == {"TEA": 5}


@running
def test_a_form_sent_twice_adds_once(client: Client) -> None:
    make_product("TEA")
    rendering = uuid4().hex

    put(client, "TEA", 2, request_id=rendering)
    put(client, "TEA", 2, request_id=rendering)

    assert contents() == {"TEA": 2}


@running
@pytest.mark.sqlite
def test_a_quantity_is_changed_and_zero_removes(client: Client) -> None:
    make_product("TEA")
    make_product("CUP")
    put(client, "TEA", 2)
    put(client, "CUP", 1)

    put(client, "TEA", 7, change="1")
    put(client, "CUP", 0, change="1")

    assert contents() == {"TEA": 7}


@running
def test_the_way_back_leads_only_into_the_shop(client: Client) -> None:
    make_product("TEA")

    at_home = put(client, next="/?category=Tea")
    abroad = put(client, next="https://elsewhere.example/")

    assert at_home["Location"] == "/?category=Tea"
    assert abroad["Location"] == "/cart/"


@running
def test_a_way_back_that_is_no_address_of_the_shop_leads_to_the_cart(client: Client) -> None:
    make_product("TEA")
    odd = ["foo", "logout", "?x=1", "#x", "0", "\N{HOT BEVERAGE}", "//elsewhere.example/", "/\\elsewhere.example/"]

    answers = {way: put(client, next=way) for way in odd}

    assert {way: answer.get("Location") for way, answer in answers.items()} == dict.fromkeys(odd, "/cart/")


@pytest.mark.django_db
@pytest.mark.parametrize("quantity", ["0", "-1", "10000", "9" * 40, "1.5", "many", ""])
def test_a_quantity_nobody_can_order_is_a_bad_request(client: Client, quantity: str) -> None:
    make_product("TEA")

    answer = put(client, "TEA", quantity)

    assert answer.status_code == 400
    assert b'class="wrong"' in answer.content
    assert not Cart.objects.exists()


@pytest.mark.django_db
def test_a_negative_quantity_in_the_cart_is_told_that_zero_is_allowed_there(client: Client) -> None:
    fill(client, make_product("TEA"))

    answer = put(client, "TEA", -3, change="1")

    assert answer.status_code == 400
    assert "The quantity must be 0 or more." in words(answer)


@pytest.mark.django_db
@pytest.mark.parametrize(("products", "told"), [(50, False), (51, True)])
def test_a_cart_too_full_for_one_order_is_told_so_before_the_checkout(
    client: Client, products: int, told: bool
) -> None:
    fill(client, *(make_product(f"P{number}") for number in range(products)))

    page = words(client.get("/cart/"))

    assert ("An order holds at most 50 different products." in page) is told


@pytest.mark.django_db
def test_an_unknown_product_cannot_be_added(client: Client) -> None:
    answer = put(client, "NOTHING", 1)

    assert answer.status_code == 404
    assert "There is no product NOTHING" in words(answer)


@pytest.mark.django_db
def test_a_withdrawn_product_cannot_be_added(client: Client) -> None:
    make_product("OLD", active=False)

    assert put(client, "OLD", 1).status_code == 404


@running
def test_more_than_is_left_is_a_conflict_that_keeps_what_was_typed(client: Client) -> None:
    make_product("TEA", name="Assam leaf", on_hand=3)

    answer = put(client, "TEA", 4)

    assert answer.status_code == 409
    assert "Only 3 of Assam leaf are left." in words(answer)
    assert b'value="4"' in answer.content
    assert not CartItem.objects.exists()


@running
def test_a_changed_quantity_that_is_refused_leaves_the_cart_as_it_was(client: Client) -> None:
    make_product("TEA", name="Assam leaf", on_hand=3)
    put(client, "TEA", 2)

    answer = put(client, "TEA", 5, change="1")

    assert answer.status_code == 409
    assert "Only 3 of Assam leaf are left." in words(answer)
    assert contents() == {"TEA": 2}


@running
def test_what_was_sold_out_meanwhile_is_marked(client: Client) -> None:
    make_product("TEA", on_hand=3)
    put(client, "TEA", 2)
    Product.objects.update(reserved=3)

    page = words(client.get("/cart/"))

    assert "Sold out" in page
    assert "Please change them before you order." in page


@pytest.mark.django_db
def test_an_empty_cart_shows_the_way_to_the_catalogue(client: Client) -> None:
    page = words(client.get("/cart/"))

    assert "Your cart is empty" in page


@pytest.mark.django_db
@pytest.mark.parametrize("action", ["items", "on-expiry"])
def test_the_address_of_a_change_leads_back_to_the_cart(client: Client, action: str) -> None:
    assert client.get(f"/cart/{action}/")["Location"] == "/cart/"
    assert client.put(f"/cart/{action}/").status_code == 405


@pytest.mark.django_db
def test_adding_needs_a_csrf_token() -> None:
    make_product("TEA")

    assert put(Client(enforce_csrf_checks=True)).status_code == 403


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("temporal_away")
def test_while_temporal_is_away_nothing_is_written_and_the_form_is_kept(client: Client) -> None:
    make_product("TEA")
    rendering = uuid4().hex

    answer = put(client, "TEA", 3, request_id=rendering)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "Nothing was changed; please try again in a minute." in words(answer)
    assert b'value="3"' in answer.content
    assert rendering.encode() in answer.content
    assert not Cart.objects.exists()
