"""Nobody orders what they did not see: the form carries what its page showed."""

import pytest
from django.test import Client

from orders.models import Cart, Order, Product
from tests.factories.products import make_product
from tests.views.shopping import ADDRESS, check_out, put, words

CARRIED = ("cart", "seen", "fingerprint")


@pytest.fixture
def shelves(worker: object) -> None:
    make_product("TEA", name="Assam leaf", price="12.90")
    make_product("CUP", name="Espresso cups", price="42.00")


def carried(page) -> dict[str, str]:
    """What the hidden fields of the checkout page say."""
    form = page.context["form"]
    return {name: form[name].value() for name in CARRIED}


def seen_checkout(visitor: Client) -> dict[str, str]:
    return carried(visitor.get("/checkout/"))


@pytest.mark.usefixtures("shelves")
def test_a_price_that_changed_after_the_page_was_shown_is_told_and_asked_about_again(client: Client) -> None:
    put(client, "TEA", 2)
    seen = seen_checkout(client)
    Product.objects.filter(sku="TEA").update(price="120.00")

    refused = check_out(client, **seen)
    ordered_then = Order.objects.count()
    accepted = check_out(client, **carried(refused))

    assert refused.status_code == 409
    assert "Assam leaf costs 120.00 € each now instead of 12.90 €." in words(refused)
    assert 'value="Obere Str. 57"' in refused.content.decode()
    assert (ordered_then, accepted.status_code, str(Order.objects.get().total)) == (0, 302, "240.00")


@pytest.mark.usefixtures("shelves")
def test_what_another_window_changed_is_told_and_asked_about_again(client: Client) -> None:
    put(client, "TEA", 2)
    seen = seen_checkout(client)
    put(client, "TEA", 3, change="1")
    put(client, "CUP", 1)

    refused = check_out(client, **seen)

    assert refused.status_code == 409
    assert "Assam leaf: 3 pieces instead of 2." in words(refused)
    assert "1 × Espresso cups was added." in words(refused)
    assert not Order.objects.exists()


@pytest.mark.usefixtures("shelves")
def test_what_was_taken_out_is_told(client: Client) -> None:
    put(client, "TEA", 2)
    put(client, "CUP", 1)
    seen = seen_checkout(client)
    put(client, "CUP", 0, change="1")

    assert "Espresso cups is not in your cart any more." in words(check_out(client, **seen))


@pytest.mark.usefixtures("shelves")
def test_an_unchanged_cart_is_ordered_at_once(client: Client) -> None:
    put(client, "TEA", 2)

    assert check_out(client, **seen_checkout(client)).status_code == 302


@pytest.mark.usefixtures("shelves")
@pytest.mark.parametrize("nonsense", ["x", "[", '{"TEA": 1}', '[["TEA", "two", "x"]]', "[" * 5_000])
def test_a_form_that_carries_nonsense_asks_again_and_says_no_more_than_it_knows(client: Client, nonsense: str) -> None:
    put(client, "TEA", 2)

    refused = check_out(client, seen=nonsense, fingerprint="0123456789abcdef")

    assert refused.status_code == 409
    assert "Your cart or a price in it has changed." in words(refused)
    assert refused.context["changes"] == []


@pytest.mark.usefixtures("shelves")
def test_a_customer_who_gave_an_address_may_have_the_cart_ordered_without_coming_back(client: Client) -> None:
    put(client, "TEA", 2)
    before = words(client.get("/cart/"))
    check_out(client, **{**ADDRESS, "fingerprint": "0123456789abcdef"})  # refused, but the address is known now
    page = client.get("/cart/")

    answer = client.post(
        "/cart/on-expiry/", {"on_expiry": "checkout", "fingerprint": page.context["fingerprint"]}, follow=True
    )
    agreed = Cart.objects.get().on_expiry
    client.post("/cart/on-expiry/", {"on_expiry": "expire"})

    assert "Order it for me" not in before
    assert "Order it for me if I do not come back" in words(page)
    assert "at exactly this price or not at all" in words(answer)
    assert (agreed, Cart.objects.get().on_expiry) == ("checkout", "expire")


@pytest.mark.usefixtures("shelves")
def test_nobody_agrees_to_have_ordered_what_they_did_not_see(client: Client) -> None:
    put(client, "TEA", 2)
    check_out(client, fingerprint="0123456789abcdef")
    seen = client.get("/cart/").context["fingerprint"]
    Product.objects.filter(sku="TEA").update(price="120.00")

    answer = client.post("/cart/on-expiry/", {"on_expiry": "checkout", "fingerprint": seen})

    assert answer.status_code == 409
    assert "Your cart or a price in it has changed." in words(answer)
    assert Cart.objects.get().on_expiry == "expire"


@pytest.mark.parametrize(("choice", "status"), [({"on_expiry": "burn"}, 400), ({"on_expiry": "expire"}, 409)])
def test_a_choice_that_is_none_or_for_no_cart_is_refused_in_words(client: Client, db, choice, status) -> None:
    answer = client.post("/cart/on-expiry/", choice)

    assert answer.status_code == status
    assert "Your cart is empty" in words(answer)
