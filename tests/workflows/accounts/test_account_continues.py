"""An account goes on in a new run and forgets nothing."""

from decimal import Decimal

import pytest
from temporalio.client import Client

from temporal_app.workflows.customer_account import CustomerAccountWorkflow
from tests.factories.accounts import account, balance, deposit, make_customer, mirrored, withdraw
from tests.factories.orders import ask, eventually
from tests.workflows.at_once import everybody
from tests.workflows.test_cart_continues import impatient_worker as impatient_worker

pytestmark = pytest.mark.usefixtures("impatient_worker")


def run_of(customer_id: int) -> str:
    return ask(account(customer_id).describe()).run_id


def test_a_later_run_answers_what_an_earlier_one_has_answered_and_knows_what_was_taken() -> None:
    carla = make_customer()
    first = deposit(carla, "20000.00", id="first")
    run = run_of(carla)
    for click in range(8):
        withdraw(carla, "1000.00", id=f"click-{click}")
    eventually(lambda: run_of(carla) != run)

    again = [deposit(carla, "20000.00", id="first"), withdraw(carla, "1000.00", id="click-0")]

    assert again == [first, Decimal("19000.00")]
    assert withdraw(carla, "2000.00") == balance(carla) == mirrored(carla) == Decimal("10000.00")
    told = ask(account(carla).query(CustomerAccountWorkflow.get_transactions, 100))
    assert len(told) == 10


@pytest.mark.sqlite
def test_entries_that_come_while_a_run_ends_are_made_once_each(impatient_worker: Client) -> None:
    carla = make_customer(credit="100.00")
    run = run_of(carla)

    everybody(lambda click: withdraw(carla, "1.00", id=f"click-{click}"), range(40))

    assert run_of(carla) != run
    assert balance(carla) == mirrored(carla) == Decimal("60.00")
