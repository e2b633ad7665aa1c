"""Who acts is written in one way, and read in the same one."""

import pytest

from orders.rules import actors


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("user:17", "user:17", True),
        ("user:17", "customer:17", True),
        ("user:17", "user:18", False),
        ("customer:guest", "customer:guest", False),
        ("system", "system", False),
        ("webhook:sandbox", "webhook:sandbox", False),
    ],
)
def test_a_person_is_the_same_as_staff_and_as_customer(one: str, other: str, same: bool) -> None:
    assert actors.same_person(one, other) is same


@pytest.mark.parametrize("other", ["statement:17", "webhook:17", "17", "user:", "user:17 ", "user:\u0661", "user:017"])
def test_what_is_written_otherwise_is_not_a_person(other: str) -> None:
    assert actors.person_id(other) is None
    assert not actors.same_person(other, "user:17")
    assert not actors.same_person(other, other)


def test_staff_and_customers_are_read_back_as_they_were_written() -> None:
    assert actors.user_id(actors.user(17)) == 17
    assert actors.customer_id(actors.customer(42)) == 42
    assert actors.customer_id(actors.user(17)) is None
    assert actors.user_id(actors.customer(42)) is None
    assert actors.customer_id(actors.customer(None)) is None


def test_the_kind_of_an_actor_is_not_a_part_of_its_name() -> None:
    assert actors.is_a(actors.STATEMENT, actors.statement(5))
    assert not actors.is_a(actors.STATEMENT, actors.webhook("statement"))
