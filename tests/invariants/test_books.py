"""Every cent stands in one place, whichever way money comes and goes; and a movement that is missing is found."""

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from orders.invariants import check_books
from orders.models import JournalEntry, Order
from orders.rules import accounts
from orders.rules.invariants import Finding
from tests.factories import ways

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("silent_notifier")]


def found() -> list[Finding]:
    return list(check_books(timezone.now() + timedelta(seconds=1)))


def standing() -> dict[str, Decimal]:
    """What stands where, but for what stands nowhere any more."""
    return {account: balance for (account, _currency), balance in JournalEntry.objects.balances().items() if balance}


@pytest.fixture
def bank(settings) -> None:
    settings.BANK_IBAN = "DE89370400440532013000"


WAYS: dict[Callable[[], Order], dict[str, str]] = {
    ways.by_card: {"provider:sandbox": "-300.00", "sales": "300.00"},
    ways.charged_and_reported: {"provider:sandbox": "-300.00", "sales": "300.00"},
    ways.cancelled_before_capture: {},
    ways.lapsed: {},
    ways.lapsed_and_paid_anew: {"provider:sandbox": "-300.00", "sales": "300.00"},
    ways.refunded: {},
    ways.too_much_accepted: {"provider:sandbox": "-1480.00", "sales": "300.00", "order": "1180.00"},
    ways.too_much_accepted_and_cancelled: {},
    ways.too_little_accepted: {"provider:sandbox": "-85.20", "sales": "85.20"},
    ways.sent_back: {},
    ways.put_aside: {"provider:sandbox": "-305.00", "unmatched": "305.00"},
    ways.partly_paid: {"provider:sandbox": "-60.00", "order": "60.00"},
    ways.paid_in_parts: {"provider:sandbox": "-300.00", "sales": "300.00"},
    ways.partly_paid_and_cancelled: {},
    ways.partly_paid_and_accepted: {"provider:sandbox": "-60.00", "sales": "60.00"},
    ways.assigned: {"provider:sandbox": "-300.00", "order": "300.00"},
    ways.come_after_the_end: {"provider:sandbox": "-300.00", "unmatched": "300.00"},
    ways.reported_and_released: {"provider:sandbox": "-300.00", "unmatched": "300.00"},
    ways.transfer_in_parts: {"provider:bank_transfer": "-160.00", "order": "160.00"},
    ways.transfer_in_parts_and_cancelled: {"provider:bank_transfer": "-160.00", "refund": "160.00"},
    ways.transfer_taken: {"provider:bank_transfer": "-300.00", "sales": "300.00"},
    ways.transfer_refund_asked: {"provider:bank_transfer": "-1480.00", "refund": "1480.00"},
    ways.transfer_refund_made: {},
    ways.transfer_cancelled_before_capture: {"provider:bank_transfer": "-300.00", "unmatched": "300.00"},
}

# a shop without a journal gave nothing back of what it had not taken
NOT_BEFORE_THE_JOURNAL = {
    ways.lapsed,
    ways.lapsed_and_paid_anew,
    ways.too_much_accepted_and_cancelled,
    ways.transfer_in_parts_and_cancelled,
}


def called(account: str) -> str:
    return account if accounts.is_outside(account) else accounts.split(account)[0]


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_way_of_money_ends_in_a_named_place(way: Callable[[], Order]) -> None:
    way()

    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for account, balance in standing().items():
        sums[called(account)] += balance
    assert {account: f"{balance:.2f}" for account, balance in sums.items()} == WAYS[way]
    assert sum(standing().values()) == 0
    assert found() == []


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_each_movement_that_is_missing_is_found(way: Callable[[], Order]) -> None:
    way()
    entries = list(JournalEntry.objects.all())

    for entry in entries:
        forget(entry)
        assert found(), f"nobody misses {entry}"
        JournalEntry.objects.bulk_create([entry])

    assert found() == []


def forget(entry: JournalEntry) -> None:
    """Below what the model and the database refuse."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM orders_journalentry WHERE id = %s", [entry.pk])
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize(
    "way", [way for way in WAYS if way not in NOT_BEFORE_THE_JOURNAL], ids=lambda way: way.__name__
)
def test_the_books_of_a_shop_that_had_none_are_opened_as_if_they_had_been_kept(way: Callable[[], Order]) -> None:
    way()
    kept = standing()
    for entry in JournalEntry.objects.all():
        forget(entry)

    import_module("orders.migrations.0011_journal").open_books(apps, None)

    assert standing() == kept
    assert found() == []
