"""Which states may follow which, and the limits that customers meet."""

from decimal import Decimal
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from orders.rules import limits
from orders.rules.refusals import SENTENCES, Refusal, RuleBroken
from orders.rules.status import CANCELLABLE, ENDED, ORDER, OrderStatus, may_follow, parse_status, reachable

LEGAL = {
    ("pending", "paid"),
    ("pending", "cancelled"),
    ("paid", "shipped"),
    ("paid", "cancelled"),
    ("pending", "rollback_incomplete"),
    ("paid", "rollback_incomplete"),
    ("rollback_incomplete", "cancelled"),
    ("shipped", "delivered"),
}
STATUSES = st.sampled_from(list(OrderStatus))


def code_of(check, *args: object, **parameters: object) -> str:
    try:
        check(*args, **parameters)
    except RuleBroken as broken:
        return broken.code
    return ""


def test_only_the_transitions_of_the_contract_are_legal() -> None:
    assert {
        (status, target) for status, target in product(OrderStatus, repeat=2) if may_follow(status, target)
    } == LEGAL


def test_an_ended_order_becomes_nothing_else() -> None:
    assert {status for status in OrderStatus if not ORDER[status]} == ENDED


def test_what_has_left_the_house_is_not_cancelled() -> None:
    may_be_cancelled = {status for status in OrderStatus if may_follow(status, OrderStatus.CANCELLED)}

    assert may_be_cancelled == CANCELLABLE | {OrderStatus.ROLLBACK_INCOMPLETE}


def test_an_order_that_is_not_undone_completely_can_only_become_cancelled() -> None:
    assert ORDER[OrderStatus.ROLLBACK_INCOMPLETE] == {OrderStatus.CANCELLED}


@given(STATUSES, STATUSES, STATUSES)
def test_what_can_be_reached_over_a_step_can_be_reached(one: OrderStatus, between: OrderStatus, last: OrderStatus):
    assert reachable(one, one)
    assert not (reachable(one, between) and reachable(between, last)) or reachable(one, last)
    assert not may_follow(one, last) or reachable(one, last)


@given(st.text(alphabet="_abcdehiklmnoprstv", max_size=19) | st.sampled_from(list(OrderStatus)))
def test_a_status_is_known_or_refused(text: str) -> None:
    assert (code_of(parse_status, text) == "") == (text in set(OrderStatus))


@given(st.integers())
def test_a_quantity_is_from_one_to_the_limit_and_zero_only_where_it_removes(quantity: int) -> None:
    allowed = 1 <= quantity <= limits.QUANTITY

    assert (code_of(limits.check_quantity, quantity) == "") == allowed
    assert (code_of(limits.check_quantity, quantity, may_be_zero=True) == "") == (allowed or quantity == 0)


@given(st.integers(1, 9_999), st.integers(-5, 9_999))
def test_nobody_is_promised_more_than_there_is(wanted: int, available: int) -> None:
    code = code_of(limits.check_available, name="Tea", wanted=wanted, available=available)

    assert (code == "") == (wanted <= available)
    assert (code == Refusal.OUT_OF_STOCK) == (wanted > available and available <= 0)


@given(st.decimals("0.00", "1000.00", places=2), st.decimals("0.00", "1000.00", places=2))
def test_a_card_pays_exactly_the_total(amount: Decimal, total: Decimal) -> None:
    code = code_of(limits.check_payment, amount=amount, total=total, card_token="tok_visa_123")

    assert (code == "") == (amount == total)


def test_every_refusal_has_a_sentence_that_ends() -> None:
    assert {code for code in Refusal if not SENTENCES[code].rstrip().endswith((".", "?", "!"))} == set()
