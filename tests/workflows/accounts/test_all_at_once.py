"""Many withdrawals at once on one account: never below zero, never over the day's limit, and every answer is true."""

import random
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from orders.models import JournalEntry
from orders.rules import accounts
from orders.rules.credit import DAILY_LIMIT
from temporal_app.client.errors import Refused, Unavailable
from tests.factories.accounts import balance, make_customer, withdraw
from tests.workflows.at_once import everybody

CROWD = 200
ALL = Decimal("20000.00")  # what they ask for together, about
HAVING = ("3000.00", "9999.99", "40000.00")  # little, about what a day allows, more than that


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("round", range(3))
def test_withdrawals_at_once_never_overdraw(round: int) -> None:
    _play(round, people=20)


@pytest.mark.faults
@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("round", range(20))
def test_twenty_rounds_of_two_hundred_withdrawals_never_overdraw(round: int) -> None:
    _play(round, people=CROWD)


def _play(round: int, *, people: int) -> None:
    chance = random.Random(round)
    having = HAVING[round % len(HAVING)]
    carla = make_customer(credit=having)
    amounts = [f"{chance.randint(1, int(ALL) * 200 // people) / 100:.2f}" for _one in range(people)]

    def take(one: int) -> Decimal | Refused:
        return insist(lambda: withdraw(carla, amounts[one], id=f"{round}-{one}"))

    answers = everybody(take, range(people), people=people)
    some = range(0, people, people // 10)
    again = everybody(take, some, people=10)

    stood = standings(carla)
    made = {one: answer for one, answer in enumerate(answers) if isinstance(answer, Decimal)}
    refused = {one: answer for one, answer in enumerate(answers) if not isinstance(answer, Decimal)}
    taken = sum((Decimal(amounts[one]) for one in made), Decimal(0))
    assert len(made) + len(refused) == people
    assert made, "somebody got something"
    assert refused, "not everybody could"
    assert min(stood) >= 0
    assert taken <= DAILY_LIMIT
    assert stood[-1] == balance(carla) == Decimal(having) - taken
    assert sorted(made.values(), reverse=True) == stood[1:], "each was told what was left after its own withdrawal"
    for one, answer in refused.items():
        assert is_true(answer, Decimal(amounts[one]), stood, Decimal(having)), (one, answer.code, answer.params)
    for one, answer in zip(some, again, strict=True):
        if one in made:
            assert answer == made[one]
        else:
            assert isinstance(answer, Refused)
    assert stood == standings(carla), "asking again has changed nothing"


def insist(ask: Callable[[], Any]) -> Any:
    """Ask until there is an answer: a server that is busy says so, and takes the same request later."""
    until = time.monotonic() + 200
    while True:
        try:
            return ask()
        except Refused as refused:
            return refused
        except Unavailable:
            assert time.monotonic() < until, "nobody answers"
            time.sleep(random.uniform(0.05, 0.5))


def standings(customer_id: int) -> list[Decimal]:
    """What was on the account after each entry, first to last, by the journal."""
    account, stands, all_of_them = accounts.credit(customer_id), Decimal("0.00"), []
    for entry in JournalEntry.objects.touching(account).order_by("pk"):
        stands += entry.amount if entry.target == account else -entry.amount
        all_of_them.append(stands)
    return all_of_them


def is_true(refused: Refused, amount: Decimal, stood: list[Decimal], having: Decimal) -> bool:
    """Whether the account stood once as a refusal says, and could not give that much then."""
    if refused.code == "credit_too_little":
        return Decimal(refused.params["balance"]) in stood and amount > Decimal(refused.params["balance"])
    if refused.code != "credit_daily_limit":
        return False
    taken_then = DAILY_LIMIT - Decimal(refused.params["left"])
    return taken_then in [having - one for one in stood] and taken_then + amount > DAILY_LIMIT
