"""Money adds up to the cent, and content has one fingerprint."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from orders.rules.totals import fingerprint, line_total, total

PRICES = st.decimals(min_value="0.01", max_value="99999.99", places=2)
QUANTITIES = st.integers(min_value=1, max_value=9_999)
SKUS = st.text(alphabet="ABCDEFGHIJ-0123456789", min_size=1, max_size=12)
LINES = st.lists(st.tuples(SKUS, PRICES, QUANTITIES), max_size=50, unique_by=lambda line: line[0])


def amount(lines: list[tuple[str, Decimal, int]]) -> Decimal:
    return total((price, quantity) for _sku, price, quantity in lines)


@given(LINES)
def test_a_total_is_exact_to_the_cent(lines: list) -> None:
    exact = sum((Fraction(price) * quantity for _sku, price, quantity in lines), Fraction(0))

    assert Fraction(amount(lines)) == exact
    assert amount(lines).as_tuple().exponent == -2


@given(LINES, st.randoms())
def test_a_total_does_not_depend_on_the_order_of_lines(lines: list, random) -> None:
    shuffled = random.sample(lines, len(lines))

    assert amount(shuffled) == amount(lines)


@given(PRICES, QUANTITIES, QUANTITIES)
def test_pieces_cost_the_same_in_one_line_or_two(price: Decimal, one: int, other: int) -> None:
    assert line_total(price, one + other) == total([(price, one), (price, other)])


@given(LINES, st.randoms())
def test_equal_content_has_equal_fingerprints(lines: list, random) -> None:
    shuffled = random.sample(lines, len(lines))

    assert fingerprint(shuffled, amount(shuffled)) == fingerprint(lines, amount(lines))


@given(LINES, LINES)
def test_different_content_has_different_fingerprints(lines: list, others: list) -> None:
    same = sorted(lines) == sorted(others)

    assert (fingerprint(lines, amount(lines)) == fingerprint(others, amount(others))) == same


def test_a_fingerprint_reads_prices_as_amounts_however_they_are_written() -> None:
    assert fingerprint([("TEA", Decimal("5"), 1)], Decimal("5")) == fingerprint(
        [("TEA", Decimal("5.00"), 1)], Decimal("5.00")
    )
