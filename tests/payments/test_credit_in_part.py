"""An order is partly paid with its customer's credit, the rest in another way: every cent is where it is said to be."""

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from temporalio.exceptions import ApplicationError

from orders.invariants import check_books
from orders.models import JournalEntry, Order, RefundTask
from orders.payments import credit as books
from orders.payments import order_credit, parts
from orders.payments.bank_transfer import transfer_details
from orders.payments.card import payment_card
from orders.rules import accounts
from temporal_app.activities import refunds
from tests.factories import steps, ways, with_credit
from tests.factories.accounts import enter_at_once
from tests.factories.people import make_user
from tests.factories.refunds import ask_refund

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("silent_notifier", "bank")]


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_credit, "enter", enter_at_once)


@pytest.fixture
def bank(settings) -> None:
    settings.BANK_IBAN = "DE89370400440532013000"


def standing() -> dict[str, str]:
    """What stands where, by kind of place, but for what the shop itself gave; the books agree."""
    assert list(check_books(timezone.now() + timedelta(seconds=1))) == []
    balances = JournalEntry.objects.balances()
    assert sum(balances.values()) == 0
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for (account, _currency), balance in balances.items():
        if balance and not account.startswith("goodwill"):
            sums[account if account.startswith("provider") else str(accounts.split(account)[0])] += balance
    return {place: f"{amount:.2f}" for place, amount in sums.items()}


WAYS: dict[Callable[[], Order], dict[str, str]] = {
    with_credit.placed: {"credit": "30.00"},
    with_credit.waiting: {"order": "30.00"},
    with_credit.charged: {"provider:sandbox": "-270.00", "order": "300.00"},
    with_credit.paid: {"provider:sandbox": "-270.00", "sales": "300.00"},
    with_credit.waiting_cancelled: {"credit": "30.00"},
    with_credit.charged_and_cancelled: {"credit": "30.00"},
    with_credit.paid_and_cancelled: {"credit": "30.00"},
    with_credit.paid_by_transfer: {"provider:bank_transfer": "-270.00", "sales": "300.00"},
    with_credit.transfer_in_part_and_cancelled: {
        "provider:bank_transfer": "-100.00",
        "refund": "100.00",
        "credit": "30.00",
    },
    with_credit.grown_and_paid: {"provider:sandbox": "-470.00", "sales": "500.00"},
}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_each_cent_stands_in_one_place(way: Callable[[], Order]) -> None:
    way()

    assert standing() == WAYS[way]


def test_page_card_and_code_ask_for_the_rest() -> None:
    order = with_credit.waiting(by_transfer=True)

    card = payment_card(order)

    assert (order.rest, parts.missing(order)) == (with_credit.REST, with_credit.REST)
    assert transfer_details(order.number).amount == with_credit.REST
    assert order.payments.get().amount == with_credit.REST
    assert (card.state, card.due, card.received, card.difference) == ("partly_paid", 300, 30, -270)
    assert [(one.amount, one.provider) for one in card.arrivals] == [(30, "credit")]


def test_all_of_the_total_by_transfer_is_too_much_by_what_the_credit_pays() -> None:
    order = with_credit.waiting(by_transfer=True)

    event = ways.report(order, "300.00")

    assert (event.outcome, event.reason) == ("unmatched", "too_much")
    assert standing() == {"provider:bank_transfer": "-300.00", "unmatched": "300.00", "order": "30.00"}


def test_an_order_does_not_shrink_to_what_its_credit_pays() -> None:
    order = with_credit.placed(credit="250.00", has="250.00")

    with pytest.raises(ApplicationError) as refused:
        steps.orders.set_line(steps.LineChange(order.number, "TEA", 2, "customer:guest", key="less"))

    assert refused.value.type == "credit_exceeds_total"


def test_credit_that_is_gone_when_the_order_is_to_be_paid_is_not_taken_and_no_card_is_asked() -> None:
    order = with_credit.placed()
    books.move(order.customer_id, Decimal("0.01"), cause="goodwill-2", out=True, key="elsewhere")

    with pytest.raises(ApplicationError) as refused:
        with_credit.hold(order)

    assert refused.value.type == "credit_too_little"
    ways.undo(order)
    assert standing() == {"credit": "29.99"}


@pytest.mark.parametrize(
    ("credit", "code"),
    [("30.01", "credit_too_little"), ("300.00", "credit_exceeds_total"), ("-1.00", "not_an_amount")],
)
def test_what_cannot_be_a_part_of_an_order_is_not_ordered(credit: str, code: str) -> None:
    with pytest.raises(ApplicationError) as refused:
        with_credit.placed(credit=credit, has="30.00" if code == "credit_too_little" else "900.00")

    assert refused.value.type == code
    assert not Order.objects.exists()


def test_a_refund_goes_to_the_card_first_and_what_is_more_becomes_credit_again() -> None:
    order, fiona = with_credit.paid(), make_user("fiona", "finance")

    for amount in ("260.00", "25.00"):
        refund = ask_refund(order, fiona, amount)
        refunds.begin_refund(refund.pk)
        for _time in range(2):
            refunds.send_refund(refund.pk)
        refund.refresh_from_db()

    assert (refund.to_provider, refund.credit) == (Decimal("10.00"), Decimal("15.00"))
    assert standing() == {"sales": "15.00", "credit": "15.00"}
    ways.undo(order)
    assert standing() == {"credit": "30.00"}


def test_a_transfer_goes_back_to_whom_it_came_from_and_the_credit_to_its_account() -> None:
    order = with_credit.paid_by_transfer()

    ways.undo(order)

    assert [task.amount for task in RefundTask.objects.order_by("pk")] == [100, 170]
    assert standing() == {"provider:bank_transfer": "-270.00", "refund": "270.00", "credit": "30.00"}
