"""A customer's credit: what may be put on it and taken from it, and that nothing is done twice."""

from decimal import Decimal

import pytest
from temporalio.client import Client

from orders.models import JournalEntry
from orders.rules import actors
from temporal_app.client.errors import Refused
from temporal_app.workflows.customer_account import CustomerAccountWorkflow
from tests.factories.accounts import account, balance, deposit, make_customer, mirrored, withdraw
from tests.factories.orders import ask

pytestmark = pytest.mark.usefixtures("worker")


def refusal(act, *args, **parameters) -> tuple[str, dict[str, str]]:
    with pytest.raises(Refused) as refused:
        act(*args, **parameters)
    return refused.value.code, refused.value.params


@pytest.mark.sqlite
def test_the_first_deposit_begins_the_account_and_each_answer_is_its_balance() -> None:
    carla = make_customer()

    answers = [deposit(carla, "20.00"), withdraw(carla, "7.50"), deposit(carla, "0.01")]

    assert [str(answer) for answer in answers] == ["20.00", "12.50", "12.51"]
    assert balance(carla) == mirrored(carla) == Decimal("12.51")
    assert sum(JournalEntry.objects.balances().values()) == 0


def test_the_transactions_are_told_newest_first() -> None:
    carla = make_customer(credit="20.00")
    withdraw(carla, "7.50", cause="goodwill-2", by="user:99")

    latest = ask(account(carla).query(CustomerAccountWorkflow.get_transactions, 1))
    both = ask(account(carla).query(CustomerAccountWorkflow.get_transactions, 10))

    assert [(one.amount, one.cause, one.by, one.balance) for one in latest] == [
        (Decimal("-7.50"), "goodwill-2", "user:99", Decimal("12.50"))
    ]
    assert [one.amount for one in both] == [Decimal("-7.50"), Decimal("20.00")]
    assert ask(account(carla).query(CustomerAccountWorkflow.get_transactions, -5)) == []


def test_the_same_request_twice_is_one_entry_and_one_answer() -> None:
    carla = make_customer(credit="20.00")

    first = withdraw(carla, "7.50", id="click-1")
    withdraw(carla, "2.50", id="click-2")
    again = withdraw(carla, "7.50", id="click-1")

    assert first == again == Decimal("12.50")
    assert balance(carla) == Decimal("10.00")


@pytest.mark.parametrize("amount", ["0", "0.00", "-1.00", "0.001", "1.005", "10000000000.00"])
def test_what_is_no_amount_in_whole_cents_is_refused(amount: str) -> None:
    carla = make_customer(credit="5.00")

    assert refusal(deposit, carla, amount)[0] == "not_an_amount"
    assert refusal(withdraw, carla, amount)[0] == "not_an_amount"
    assert mirrored(carla) == Decimal("5.00")


def test_a_cause_without_a_name_is_refused() -> None:
    carla = make_customer()

    codes = {refusal(deposit, carla, "1.00", cause=cause)[0] for cause in ("", "Alice Äther", "order-", "x" * 61)}

    assert codes == {"not_a_cause"}


def test_more_than_there_is_cannot_be_taken_and_the_refusal_says_how_much_is_left() -> None:
    carla = make_customer(credit="5.00")

    code, words = refusal(withdraw, carla, "5.01")

    assert (code, words) == ("credit_too_little", {"balance": "5.00", "amount": "5.01"})
    assert withdraw(carla, "5.00") == 0


def test_at_most_ten_thousand_a_day_can_be_taken_and_the_refusal_says_what_is_left_of_it() -> None:
    carla = make_customer(credit="30000.00")
    withdraw(carla, "9999.50")

    code, words = refusal(withdraw, carla, "0.51")

    assert (code, words) == ("credit_daily_limit", {"limit": "10000.00", "left": "0.50"})
    assert withdraw(carla, "0.50") == Decimal("20000.00")


def test_nobody_of_the_staff_changes_their_own_credit() -> None:
    carla = make_customer(credit="5.00")

    assert refusal(deposit, carla, "1.00", by=actors.user(carla))[0] == "own_credit"
    assert refusal(withdraw, carla, "1.00", by=actors.user(carla))[0] == "own_credit"
    assert withdraw(carla, "1.00", by=actors.customer(carla)) == Decimal("4.00")


def test_there_is_no_account_of_nobody(worker: Client) -> None:
    assert refusal(deposit, 4711, "1.00") == ("unknown_customer", {"customer": "4711"})
    ask(account(4711).result())  # it ends
    assert refusal(deposit, 4711, "1.00")[0] == "unknown_customer"


def test_an_account_whose_workflow_was_lost_goes_on_with_what_the_journal_says() -> None:
    carla = make_customer(credit="20000.00")
    withdraw(carla, "6000.00", id="before")
    ask(account(carla).terminate())

    code, _words = refusal(withdraw, carla, "4000.01")
    again = withdraw(carla, "6000.00", id="before") if code != "credit_daily_limit" else None

    assert (code, again) == ("credit_daily_limit", None)
    assert withdraw(carla, "4000.00") == mirrored(carla) == Decimal("10000.00")


def test_the_day_after_ten_thousand_can_be_taken_again(skipping_worker) -> None:
    carla = make_customer(credit="15000.00")
    withdraw(carla, "10000.00")
    assert refusal(withdraw, carla, "1.00")[0] == "credit_daily_limit"

    ask(skipping_worker.sleep(24 * 3600))

    assert withdraw(carla, "1.00") == Decimal("4999.00")
