"""What a product may be called: its SKU stands in addresses, so one bad SKU must never be a fault of a whole page."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from orders.management.demo.products import PRODUCTS
from orders.models import Product
from tests.factories.products import make_product

ODD = ["A/B", ".", "..", "-A", "_A", "A B", "A?B", "A#B", "A%B", "Ä", "A\n", "A\nB", ""]


@pytest.mark.parametrize("sku", ODD)
def test_a_sku_that_no_address_can_hold_is_refused_where_it_is_typed(sku: str) -> None:
    product = Product(sku=sku, name="Assam leaf", price="2.50")

    with pytest.raises(ValidationError) as refused:
        product.clean_fields()

    assert set(refused.value.message_dict) == {"sku"}


@pytest.mark.django_db
@pytest.mark.sqlite
@pytest.mark.parametrize("sku", ODD)
def test_a_sku_that_no_address_can_hold_is_never_stored(sku: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_product(sku)


@pytest.mark.django_db
@pytest.mark.sqlite
@pytest.mark.parametrize("sku", ["T", "tea_2.5-KG", "NW-1-18.00", *(row[0] for row in PRODUCTS[:1])])
def test_letters_digits_and_a_little_punctuation_make_a_sku(sku: str) -> None:
    product = make_product(sku)

    product.full_clean()

    assert product.get_absolute_url() == f"/products/{sku}/"


def test_the_whole_demo_shop_has_such_skus() -> None:
    for sku, name, *_rest in PRODUCTS:
        Product(sku=sku, name=name, price="1.00").clean_fields()


def test_a_sku_stored_before_there_was_this_rule_has_an_address_all_the_same() -> None:
    assert Product(sku="A/B").get_absolute_url() == "/products/A/B/"
