"""What the tables of orders hold to, whoever writes them."""

from itertools import product

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from orders.models import Order, OrderLine, Payment, TimelineEntry
from orders.rules.order_events import OrderEvent
from orders.rules.refusals import RuleBroken
from orders.rules.status import OrderStatus, may_follow
from tests.factories.rows import make_order

pytestmark = pytest.mark.django_db


def test_an_order_moves_on_legally_twice_without_harm_and_never_otherwise(subtests: pytest.Subtests) -> None:
    for status, target in product(OrderStatus, repeat=2):
        with subtests.test(status=status, target=target):
            order = make_order()
            Order.objects.filter(pk=order.pk).update(status=status)

            if may_follow(status, target):
                assert [order.move_to(target), order.move_to(target)] == [True, False]
            elif status == target:
                assert order.move_to(target) is False
            else:
                with pytest.raises(RuleBroken):
                    order.move_to(target)

            order.refresh_from_db()
            assert order.status == (target if may_follow(status, target) else status)


def test_a_timeline_entry_is_written_once_and_never_changed_or_deleted() -> None:
    order = make_order()
    for by in "webhook:sandbox", "system":
        TimelineEntry.record(order, OrderEvent.PAID, by=by, at=timezone.now(), key="1")

    entry = order.timeline.get()

    assert (entry.kind, entry.actor) == ("paid", "webhook:sandbox")
    with pytest.raises(TypeError):
        entry.save()
    with pytest.raises(TypeError):
        entry.delete()


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "lost"},
        {"waiting_for": "godot"},
        {"total": "-0.01"},
        {"status": "delivered", "waiting_for": "payment"},
    ],
    ids=str,
)
def test_the_database_itself_refuses_an_impossible_order(columns: dict[str, object]) -> None:
    order = make_order()

    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(**columns)


def test_the_database_itself_refuses_the_same_product_twice_in_an_order() -> None:
    line = make_order().lines.get()
    line.pk = None

    with pytest.raises(IntegrityError), transaction.atomic():
        OrderLine.objects.bulk_create([line])


def test_the_database_itself_refuses_a_refund_of_more_than_was_paid() -> None:
    order = make_order()
    payment = Payment.objects.create(order=order, provider="sandbox", amount="10.00", currency="EUR")

    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(refunded="10.01")


def test_tokens_are_long_and_never_the_same() -> None:
    tokens = {make_order().token for _order in range(20)}

    assert len(tokens) == 20
    assert min(len(token) for token in tokens) * 6 >= 128
