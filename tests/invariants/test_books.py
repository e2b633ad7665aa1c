"""Every cent stands in one place, whichever way money comes and goes; and a movement that is missing is found."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from orders.invariants import check_books
from orders.models import JournalEntry, Order, PaymentEvent, RefundTask
from orders.payments.reports import PaymentReport
from orders.reconciliation.matching import record_event
from orders.rules import accounts
from orders.rules.invariants import Finding
from temporal_app.activities import payment_events, payments, resolutions, statements
from temporal_app.messages import OrderStep, RefundMade, UnusedPayment
from tests.factories import steps
from tests.factories.steps import order_after
from tests.factories.unmatched import write_decision

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("silent_notifier")]


def found() -> list[Finding]:
    return list(check_books(timezone.now() + timedelta(seconds=1)))


def standing() -> dict[str, Decimal]:
    """What stands where, but for what stands nowhere any more."""
    return {account: balance for (account, _currency), balance in JournalEntry.objects.balances().items() if balance}


def report(order: Order, amount: str = "", **changes: object) -> PaymentEvent:
    """A provider says that money has come for an order, and the shop takes it."""
    payment = order.payments.last()
    told = {
        "event_id": f"evt_{PaymentEvent.objects.count()}",
        "order_number": order.number,
        "status": "paid",
        "amount": Decimal(amount or order.total),
        "currency": "EUR",
        "reference": payment.reference if payment else "early",
        **changes,
    }
    event, _new = record_event(PaymentReport(**told), provider=order.payment_method, by="webhook:sandbox")
    payment_events.match_payment_event(event.pk)
    event.refresh_from_db()
    return event


def decide(event: PaymentEvent, action: str, **columns: object) -> None:
    """Fritz decides, and the activities of that carry it out."""
    decision = write_decision(event, action, **columns).pk
    if action == "refund":
        resolutions.send_back(decision)
    elif action == "ignore":
        resolutions.put_aside(decision)
    else:
        resolutions.hand_to_order(decision)
    event.refresh_from_db()


def capture(order: Order, amount: str) -> None:
    payments.capture_payment(OrderStep(order.number, attempt=1, amount=Decimal(amount), by="system"))


def undo(order: Order) -> None:
    for call in steps.UNDO:
        call(order)


def by_card() -> Order:
    return order_after(*steps.FORWARD)


def charged_and_reported() -> Order:
    order = order_after(*steps.up_to(steps.charge), steps.charge)
    report(order)
    steps.capture(order)
    return order


def cancelled_before_capture() -> Order:
    return order_after(*steps.up_to(steps.capture), *steps.UNDO)


def refunded() -> Order:
    return order_after(*steps.up_to(steps.book), *steps.UNDO)


def waiting() -> Order:
    return order_after(*steps.up_to(steps.charge))


def too_much_accepted() -> Order:
    order = waiting()
    decide(report(order, "1480.00"), "accept")
    capture(order, "300.00")
    return order


def too_much_accepted_and_cancelled() -> Order:
    order = too_much_accepted()
    undo(order)
    return order


def too_little_accepted() -> Order:
    order = waiting()
    decide(report(order, "85.20"), "accept")
    capture(order, "85.20")
    return order


def sent_back() -> Order:
    order = waiting()
    decide(report(order, "5.00"), "refund")
    return order


def put_aside() -> Order:
    order = waiting()
    decide(report(order, "5.00"), "ignore")
    return order


def assigned() -> Order:
    order = waiting()
    decide(report(order, order_number="ORD-2026-999999"), "assign", order_number=order.number)
    return order


def come_after_the_end() -> Order:
    order = refunded()
    report(order, reference="a second transfer")
    return order


def reported_and_released() -> Order:
    order = waiting()
    payment_events.release_payment_event(UnusedPayment(report(order).pk))
    return order


@pytest.fixture
def bank(settings) -> None:
    settings.BANK_IBAN = "DE89370400440532013000"


def by_transfer(amount: str = "") -> Order:
    order = order_after(steps.reserve)
    Order.objects.filter(pk=order.pk).update(payment_method="bank_transfer")
    steps.hold(order)
    order.refresh_from_db()
    event = report(order, amount)
    if amount:
        decide(event, "accept")
    return order


def transfer_taken() -> Order:
    order = by_transfer()
    steps.capture(order)
    return order


def transfer_refund_asked() -> Order:
    order = by_transfer("1480.00")
    capture(order, "300.00")
    undo(order)
    return order


def transfer_refund_made() -> Order:
    order = transfer_refund_asked()
    statements.record_refund_made(RefundMade(RefundTask.objects.get().pk, by="user:17"))
    return order


def transfer_cancelled_before_capture() -> Order:
    order = by_transfer()
    undo(order)
    return order


WAYS: dict[Callable[[], Order], dict[str, str]] = {
    by_card: {"provider:sandbox": "-300.00", "sales": "300.00"},
    charged_and_reported: {"provider:sandbox": "-300.00", "sales": "300.00"},
    cancelled_before_capture: {},
    refunded: {},
    too_much_accepted: {"provider:sandbox": "-1480.00", "sales": "300.00", "order": "1180.00"},
    too_much_accepted_and_cancelled: {},
    too_little_accepted: {"provider:sandbox": "-85.20", "sales": "85.20"},
    sent_back: {},
    put_aside: {"provider:sandbox": "-5.00", "unmatched": "5.00"},
    assigned: {"provider:sandbox": "-300.00", "order": "300.00"},
    come_after_the_end: {"provider:sandbox": "-300.00", "unmatched": "300.00"},
    reported_and_released: {"provider:sandbox": "-300.00", "unmatched": "300.00"},
    transfer_taken: {"provider:bank_transfer": "-300.00", "sales": "300.00"},
    transfer_refund_asked: {"provider:bank_transfer": "-1480.00", "refund": "1480.00"},
    transfer_refund_made: {},
    transfer_cancelled_before_capture: {"provider:bank_transfer": "-300.00", "unmatched": "300.00"},
}


def called(account: str) -> str:
    return account if accounts.is_outside(account) else accounts.split(account)[0]


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_way_of_money_ends_in_a_named_place(way: Callable[[], Order]) -> None:
    way()

    assert {called(account): f"{balance:.2f}" for account, balance in standing().items()} == WAYS[way]
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
    "way", [way for way in WAYS if way is not too_much_accepted_and_cancelled], ids=lambda way: way.__name__
)
def test_the_books_of_a_shop_that_had_none_are_opened_as_if_they_had_been_kept(way: Callable[[], Order]) -> None:
    way()
    kept = standing()
    for entry in JournalEntry.objects.all():
        forget(entry)

    import_module("orders.migrations.0011_journal").open_books(apps, None)

    assert standing() == kept
    assert found() == []
