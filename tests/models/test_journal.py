"""The journal: each movement of money once, between two accounts, and never changed."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from orders.models import JournalEntry
from orders.rules import accounts

pytestmark = pytest.mark.django_db
ORDER, SALES = accounts.order("ORD-2026-000001"), accounts.sales("ORD-2026-000001")


def record(key: str = "payment-1:received", **changes: object) -> None:
    told = {"source": accounts.provider("sandbox"), "target": ORDER, "amount": Decimal("148.00"), "currency": "EUR"}
    JournalEntry.record(key=key, cause="payment-1", **{**told, **changes})


def test_an_entry_written_twice_is_one() -> None:
    for _time in range(2):
        record()

    assert JournalEntry.objects.balance(ORDER, "EUR") == Decimal("148.00")


def test_balances_are_the_sums_of_the_entries_and_come_to_nothing_together() -> None:
    record(amount=Decimal("1480.00"))
    record("payment-1:taken", source=ORDER, target=SALES)
    record("payment-2:received", target=accounts.unmatched(2), amount=Decimal("5.00"), currency="USD")

    balances = JournalEntry.objects.balances()

    assert balances == {
        ("provider:sandbox", "EUR"): Decimal("-1480.00"),
        (ORDER, "EUR"): Decimal("1332.00"),
        (SALES, "EUR"): Decimal("148.00"),
        ("provider:sandbox", "USD"): Decimal("-5.00"),
        ("unmatched:2", "USD"): Decimal("5.00"),
    }
    assert sum(balances.values()) == 0


@pytest.mark.parametrize(
    "nonsense",
    [
        {"amount": Decimal("0.00")},
        {"amount": Decimal("-1.00")},
        {"source": ORDER},
        {"source": "pocket:mine"},
        {"target": "pocket:mine"},
    ],
    ids=str,
)
def test_the_database_takes_no_entry_that_is_no_movement(nonsense: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        record(**nonsense)

    assert not JournalEntry.objects.exists()


def test_no_entry_is_changed_or_deleted() -> None:
    record()
    entry = JournalEntry.objects.get()

    for change in (
        entry.save,
        entry.delete,
        JournalEntry.objects.all().delete,
        lambda: JournalEntry.objects.update(amount=1),
    ):
        with pytest.raises(TypeError, match="never"):
            change()

    assert JournalEntry.objects.get().amount == Decimal("148.00")


def test_the_database_itself_refuses_to_change_an_entry() -> None:
    record()

    with pytest.raises(IntegrityError, match="only added to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE orders_journalentry SET amount = 1")

    assert JournalEntry.objects.get().amount == Decimal("148.00")


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite, which is for trying out, deletes")
def test_the_database_itself_refuses_to_delete_an_entry() -> None:
    record()

    with pytest.raises(IntegrityError, match="only added to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM orders_journalentry")

    assert JournalEntry.objects.exists()
