"""Whatever parts an order's money comes in, in whatever order, told once or twice: it is paid with the last of them and
with nothing before, and the books agree after each."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from orders.invariants import check_books
from orders.models import JournalEntry, Order
from orders.payments import parts
from orders.payments.card import payment_card
from orders.payments.reports import PaymentReport
from orders.reconciliation.matching import record_event
from temporal_app.activities import payment_events
from tests.factories import steps
from tests.factories.orders import write_order
from tests.factories.products import make_product

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("silent_notifier")]


@pytest.fixture
def order(settings) -> Order:
    """It waits for 300.00 by transfer."""
    settings.BANK_IBAN = "DE89370400440532013000"
    make_product(on_hand=100)
    order = Order.objects.get(number=write_order(("TEA", 3)).number)
    steps.reserve(order)
    Order.objects.filter(pk=order.pk).update(payment_method="bank_transfer")
    steps.hold(order)
    order.refresh_from_db()
    return order


def split(total: Decimal, cuts: list[int]) -> list[Decimal]:
    """A total in parts, cut at these cents."""
    ends = sorted({0, int(total * 100), *cuts})
    return [Decimal(end - begin) / 100 for begin, end in pairwise(ends)]


CUTS = st.lists(st.integers(1, 29_999), min_size=1, max_size=6, unique=True)


@pytest.mark.parametrize("ways", [15, pytest.param(200, marks=[pytest.mark.faults, pytest.mark.timeout(900)])])
def test_an_order_is_paid_with_the_last_of_its_parts(order: Order, ways: int) -> None:
    settings(max_examples=ways, deadline=None)(paid_with_the_last)(order)


@given(data=st.data(), cuts=CUTS, one_reference=st.booleans())
def paid_with_the_last(order: Order, data: st.DataObject, cuts: list[int], one_reference: bool) -> None:
    amounts = data.draw(st.permutations(split(order.total, cuts)))
    savepoint = transaction.savepoint()
    confirmations = []

    for turn, amount in enumerate(amounts):
        reference = order.payments.get().reference if one_reference else f"part {turn}"
        told = PaymentReport(f"line {turn}", order.number, "paid", amount, "EUR", reference)
        event, _new = record_event(told, provider="bank_transfer", by="statement:1")
        confirmations.append([payment_events.match_payment_event(event.pk).confirmation for _time in range(2)])
        assert list(check_books(timezone.now() + timedelta(seconds=1))) == []
        assert sum(JournalEntry.objects.balances().values()) == 0

    *before, last = confirmations
    assert all(heard == [None, None] for heard in before)
    assert [heard.amount for heard in last] == [order.total, order.total]
    assert parts.missing(order) == Decimal("0.00")
    assert [one.amount for one in payment_card(order).arrivals] == list(amounts)
    transaction.savepoint_rollback(savepoint)
