"""The catalogue and its products."""

import pytest
from django.test import Client

from tests.factories.products import make_product
from tests.views.shopping import words

pytestmark = pytest.mark.django_db


def test_it_shows_what_is_on_sale_with_its_price(client: Client) -> None:
    make_product("TEA", name="Assam leaf", price="1359.97")
    make_product("OLD", name="Withdrawn kettle", active=False)

    page = words(client.get("/"))

    assert "Assam leaf" in page
    assert "1,359.97 €" in page
    assert "Withdrawn kettle" not in page


def test_a_search_finds_words_of_name_and_description(client: Client) -> None:
    make_product("TEA", name="Assam leaf", description="Malty black tea")
    make_product("CUP", name="Espresso cup")

    page = words(client.get("/", {"q": "black assam"}))

    assert "Assam leaf" in page
    assert "Espresso cup" not in page


def test_a_category_shows_its_products_alone(client: Client) -> None:
    make_product("TEA", name="Assam leaf", category="Tea & herbs")
    make_product("CUP", name="Espresso cup", category="Tableware")

    page = words(client.get("/", {"category": "Tea & herbs"}))

    assert "Assam leaf" in page
    assert "Espresso cup" not in page


def test_a_search_without_a_result_offers_a_way_on(client: Client) -> None:
    page = client.get("/", {"q": "zeppelin"})

    assert page.status_code == 200
    assert "Show everything" in words(page)


@pytest.mark.parametrize("number", ["2", "0", "-1", "99", "x", ""])
def test_a_page_that_does_not_exist_shows_the_nearest_one(client: Client, number: str) -> None:
    for count in range(30):
        make_product(f"P{count:02}", name=f"Product number {count:02}")

    page = client.get("/", {"page": number})

    assert page.status_code == 200
    assert "Product number" in words(page)


def test_a_product_says_what_is_left(client: Client) -> None:
    make_product("TEA", name="Assam leaf", on_hand=10, reserved=7)

    assert "Only 3 left" in words(client.get("/products/TEA/"))


def test_a_sold_out_product_cannot_be_chosen(client: Client) -> None:
    make_product("TEA", name="Assam leaf", on_hand=7, reserved=7)

    page = client.get("/products/TEA/")

    assert "Sold out at the moment" in words(page)
    assert b"Add to cart" not in page.content


def test_an_unknown_product_is_not_found_and_says_so(client: Client) -> None:
    page = client.get("/products/NOTHING/")

    assert page.status_code == 404
    assert "There is no product NOTHING in this shop." in words(page)


def test_what_a_product_is_called_is_never_markup(client: Client) -> None:
    make_product("TEA", name="<script>alert(1)</script>", description="<b>bold</b>", category="<i>")

    for address in ("/", "/products/TEA/"):
        page = client.get(address).content.decode()
        assert "<script>alert" not in page
        assert "<b>bold" not in page


def test_no_page_has_a_script_or_a_style_of_its_own(client: Client) -> None:
    make_product()

    for address in ("/", "/products/TEA/", "/cart/", "/orders/", "/accounts/login/"):
        page = client.get(address)
        assert b"<style" not in page.content
        assert b"style=" not in page.content
        assert b"<script>" not in page.content
        assert "unsafe" not in page.headers["Content-Security-Policy"]


def test_the_catalogue_asks_the_database_a_fixed_number_of_times(client: Client, django_assert_max_num_queries) -> None:
    for count in range(24):
        make_product(f"P{count:02}", category=f"Category {count % 3}")

    with django_assert_max_num_queries(6):
        client.get("/")
