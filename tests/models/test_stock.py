"""Stock is never negative, never promised twice and never lost, whoever reaches for it at once."""

from random import Random

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from orders.models import Product
from tests.factories.products import make_product
from tests.workflows.at_once import everybody

AT_ONCE = 8
STEPS = st.lists(
    st.tuples(st.sampled_from(["reserve", "release", "ship", "adjust"]), st.integers(-30, 30).filter(bool)), max_size=30
)


class ASequenceOfStockMovements(TestCase):
    """Any sequence of movements, one after the other."""

    @given(STEPS)
    def test_follows_the_books_of_a_clerk_who_refuses_what_cannot_be(self, steps: list[tuple[str, int]]) -> None:
        Product.objects.all().delete()
        make_product("TEA", on_hand=50)
        on_hand, reserved = 50, 0

        for movement, quantity in steps:
            pieces = quantity if movement == "adjust" else abs(quantity)
            done = getattr(Product.objects.filter(sku="TEA"), movement)(pieces)

            after = {
                "reserve": (on_hand, reserved + pieces),
                "release": (on_hand, reserved - pieces),
                "ship": (on_hand - pieces, reserved - pieces),
                "adjust": (on_hand + pieces, reserved),
            }[movement]
            possible = 0 <= after[1] <= after[0]
            assert done == possible, (movement, pieces, on_hand, reserved)
            on_hand, reserved = after if possible else (on_hand, reserved)

        product = Product.objects.get()
        assert (product.on_hand, product.reserved) == (on_hand, reserved)


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_the_last_pieces_go_to_exactly_as_many_as_there_are() -> None:
    make_product("TEA", on_hand=20)

    got = everybody(lambda _n: Product.objects.filter(sku="TEA").reserve(3), range(40), people=AT_ONCE)

    product = Product.objects.get()
    assert got.count(True) == 6
    assert (product.on_hand, product.reserved) == (20, 18)


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_movements_from_everywhere_at_once_lose_nothing() -> None:
    make_product("TEA", on_hand=100)

    def move(number: int) -> tuple[str, int, bool]:
        random = Random(number)
        movement = random.choice(["reserve", "release", "ship", "adjust"])
        pieces = random.randint(-9, 9) or 1 if movement == "adjust" else random.randint(1, 9)
        return movement, pieces, getattr(Product.objects.filter(sku="TEA"), movement)(pieces)

    done = [
        (movement, pieces) for movement, pieces, possible in everybody(move, range(120), people=AT_ONCE) if possible
    ]

    moved = {kind: sum(pieces for movement, pieces in done if movement == kind) for kind in dict(done)}
    product = Product.objects.get()
    assert product.on_hand == 100 + moved.get("adjust", 0) - moved.get("ship", 0)
    assert product.reserved == moved.get("reserve", 0) - moved.get("release", 0) - moved.get("ship", 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "columns",
    [{"on_hand": 1, "reserved": 2}, {"price": "0.00"}, {"price": "-1.00"}],
    ids=["promised", "free", "paying"],
)
def test_the_database_itself_refuses_an_impossible_product(columns: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_product(**columns)
