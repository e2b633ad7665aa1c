"""Policies are rows; an approval in flight keeps those that held when it started."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from orders.models import ApprovalPolicy
from temporal_app import client
from tests.factories.approvals import DAY, decide, levels, row
from tests.factories.orders import eventually, start_order, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_new_shop_has_the_tiers_of_its_design():
    columns = "kind", "from_amount", "roles", "deadline_seconds", "at_deadline", "remind_before_seconds"
    assert list(ApprovalPolicy.objects.order_by("kind", "from_amount").values_list(*columns)) == [
        ("accept_difference", Decimal("50.00"), ["manager"], 7 * DAY, "reject", DAY),
        ("accept_difference", Decimal("1000.00"), ["manager", "director"], 7 * DAY, "reject", DAY),
        ("credit", Decimal("100.00"), ["manager"], 7 * DAY, "reject", DAY),
        ("credit", Decimal("1000.00"), ["manager", "director"], 7 * DAY, "reject", DAY),
        ("expense", Decimal("0.00"), ["manager"], 7 * DAY, "reject", DAY),
        ("mark_paid", Decimal("1000.00"), ["manager"], 7 * DAY, "reject", DAY),
        ("mark_paid", Decimal("10000.00"), ["manager", "director"], 7 * DAY, "reject", DAY),
        ("order", Decimal("250.00"), ["manager"], 7 * DAY, "reject", DAY),
        ("order", Decimal("1000.00"), ["manager", "director"], 7 * DAY, "reject", DAY),
        ("order", Decimal("10000.00"), ["manager", "director", "vp"], 7 * DAY, "reject", DAY),
        ("refund", Decimal("100.00"), ["manager"], 7 * DAY, "reject", DAY),
        ("refund", Decimal("1000.00"), ["manager", "director"], 7 * DAY, "reject", DAY),
        ("write_off", Decimal("0.00"), ["manager"], 7 * DAY, "reject", DAY),
        ("write_off", Decimal("1000.00"), ["manager", "director"], 7 * DAY, "reject", DAY),
    ]


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("pieces", "asked"),
    [(2, None), (3, {"manager"}), (10, {"manager", "director"}), (100, {"manager", "director", "vp"})],
)
def test_the_total_says_who_is_asked(pieces: int, asked: set[str] | None):
    make_product()

    order = start_order(("TEA", pieces))

    wait_until(order, waiting_for="approval" if asked else "payment")
    assert (set(levels(order)) if asked else row(order)) == asked


@pytest.mark.usefixtures("worker")
def test_an_approval_in_flight_keeps_the_policy_it_started_with():
    make_product()
    order, alice = start_order(("TEA", 3)), make_user("alice", "manager")
    wait_until(order, waiting_for="approval")
    before = row(order).deadline
    assert abs(before - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)

    changed = {"roles": ["vp"], "deadline_seconds": 1, "remind_before_seconds": 0}
    ApprovalPolicy.objects.filter(from_amount="250.00").update(**changed)

    assert (levels(order), row(order).deadline) == ({"manager": "pending"}, before)
    assert decide(order, alice).outcome == "approved"
    wait_until(order, waiting_for="payment")


@pytest.mark.usefixtures("worker")
def test_an_order_that_grows_is_held_to_the_tiers_it_was_placed_under():
    make_product()
    order = start_order(("TEA", 3))
    wait_until(order, waiting_for="approval")

    ApprovalPolicy.objects.all().delete()
    client.add_order_item(order.number, sku="TEA", quantity=7, by="customer:guest")

    eventually(lambda: levels(order) == {"manager": "pending", "director": "pending"})


@pytest.mark.usefixtures("worker")
def test_an_order_that_grows_into_a_tier_gets_that_tiers_time():
    ApprovalPolicy.objects.filter(from_amount="1000.00").update(deadline_seconds=10 * DAY)
    make_product()
    order = start_order(("TEA", 3))
    wait_until(order, waiting_for="approval")

    client.add_order_item(order.number, sku="TEA", quantity=7, by="customer:guest")

    eventually(lambda: row(order).deadline - timezone.now() > timedelta(days=9))
