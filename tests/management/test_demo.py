"""The demo shop at work: its orders got where they stand as any order does, and say that it took them three weeks."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from orders.invariants import findings
from orders.management.demo.dates import NOW_ENOUGH, date_back
from orders.management.demo.filling import Filling
from orders.management.demo.products import PRODUCTS
from orders.management.demo.stories import Story, stories
from orders.models import JournalEntry, Order, PaymentEvent, TimelineEntry
from orders.rules.states import PaymentEventOutcome
from tests import live
from tests.factories.products import make_product

A_FEW = ("well-03", "one-group", "in-part", "late", "on-the-road-0", "returned", "not-undone", "nobody-paid", "flasks")


def some(*keys: str) -> list[Story]:
    return [story for story in stories() if story.key in keys]


@pytest.fixture
def demo(worker, settings, tmp_path):
    """A shop with the demo's people and products, served over HTTP."""
    settings.DEMO = settings.DEBUG = True
    settings.MEDIA_ROOT, settings.DATA_DIR = tmp_path, tmp_path
    settings.BANK_IBAN, settings.PAYMENT_METHODS = "DE89370400440532013000", ["sandbox", "bank_transfer"]
    call_command("seed_demo", verbosity=0)
    with live.serve() as address:
        settings.SHOP_BASE_URL = address
        yield


def standing() -> dict[str, tuple[str, str]]:
    rows = Order.objects.values_list("cart_id", "status", "waiting_for")
    return {key.removeprefix("demo-"): (status, waiting) for key, status, waiting in rows}


def test_orders_of_three_weeks_are_carried_by_their_workflows_and_a_run_that_was_broken_off_goes_on(demo):
    begun = [replace(story, steps=story.steps[:1]) for story in some(*A_FEW[:6])]
    assert Filling(lambda line: None, begun, others=()).run() == []

    told = some(*A_FEW)
    assert Filling(lambda line: None, told).run() == []
    before = list(TimelineEntry.objects.order_by("pk").values_list("pk", "at"))
    assert Filling(lambda line: None, told).run() == []

    assert standing() == {
        "well-03": ("delivered", ""),
        "one-group": ("pending", "approval"),
        "in-part": ("pending", "payment"),
        "late": ("paid", "shipment"),
        "on-the-road-0": ("shipped", "delivery"),
        "returned": ("delivered", ""),
        "not-undone": ("rollback_incomplete", ""),
        "nobody-paid": ("cancelled", ""),
        "flasks": ("pending", "approval"),
    }
    assert list(findings(now=timezone.now() + timedelta(hours=1))) == []
    assert list(TimelineEntry.objects.order_by("pk").values_list("pk", "at")) == before
    assert PaymentEvent.objects.filter(outcome=PaymentEventOutcome.UNMATCHED).count() == 2
    for story in told:
        assert_dated_as_told(story)


def assert_dated_as_told(story: Story) -> None:
    order = Order.objects.get(cart_id=story.cart_id)
    times = list(order.timeline.order_by("pk").values_list("at", flat=True))
    assert times == sorted(times)
    assert abs(timezone.now() - order.placed_at - timedelta(days=story.days)) < NOW_ENOUGH
    assert abs(timezone.now() - times[-1] - timedelta(days=story.ended)) < NOW_ENOUGH
    if order.waiting_until:
        assert order.waiting_until > timezone.now()
    assert not order.notifications.filter(
        sent_at__gt=timezone.now() - timedelta(days=story.ended) + NOW_ENOUGH
    ).exists()


def test_every_story_is_told_once_in_the_order_of_its_days_and_the_stock_is_enough_for_all():
    told = stories()
    on_hand = {sku: pieces for sku, _name, _category, _price, pieces, _words in PRODUCTS}

    for story in told:
        days = [story.days, *(step.days for step in story.steps)]
        assert days == sorted(days, reverse=True), story.key
        for sku, quantity in story.basket:
            on_hand[sku] -= quantity

    assert len({story.key for story in told}) == len(told) > 50
    assert all(left >= 0 for left in on_hand.values())
    assert on_hand["CAR-SERVICE"] == 0  # there is something sold out to look at


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_an_entry_of_the_journal_is_dated_back_where_the_shop_is_tried_out_and_kept_as_it_is_elsewhere():
    about = {"source": "provider:sandbox", "target": "sales:ORD-2026-000001", "amount": "1.00", "currency": "EUR"}
    JournalEntry.record(key="one", cause="payment-1", **about)
    written, then = JournalEntry.objects.get(), timezone.now() - timedelta(days=3)

    date_back([(JournalEntry.objects.all(), ("at",))], to=then)

    entry = JournalEntry.objects.get()
    assert (entry.pk, entry.amount) == (written.pk, written.amount)
    assert entry.at == (then if connection.vendor == "sqlite" else written.at)


@pytest.mark.django_db
def test_only_a_demo_is_filled_and_a_shop_with_orders_of_its_own_is_left_alone(settings, tmp_path, capsys):
    settings.DEMO, settings.DATA_DIR = False, tmp_path
    with pytest.raises(CommandError, match="DEMO=true"):
        call_command("fill_demo")
    settings.DEMO = True
    make_product()
    Order.place(at=timezone.now(), lines=[], cart_id="somebody", payment_method="sandbox", name="Maria Anders")

    call_command("fill_demo")

    assert "orders of its own" in capsys.readouterr().out
    assert Order.objects.count() == 1
