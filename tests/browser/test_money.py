"""What customers and finance read about an order's money at each stage, in a real browser, on a desk and a telephone.

With PICTURES=FOLDER each page is also photographed into that folder.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from orders.models import Order, PaymentEvent
from temporal_app.activities import allocations, outbox, payment_events, resolutions
from tests.browser.fitting import NARROW, fits, widths_of
from tests.browser.test_deciding import sign_in
from tests.factories import ways
from tests.factories.payments import make_payment_event
from tests.factories.people import make_user
from tests.factories.unmatched import write_decision

pytestmark = pytest.mark.browser


def too_much() -> Order:
    order = ways.by_transfer_waiting()
    ways.report(order, "1480.00", reference="for my order")
    return order


def shared_out() -> Order:
    order = too_much()
    event = PaymentEvent.objects.get(order_number=order.number)
    allocations.share_out(write_decision(event, "allocate", shares=[[order.number, "300.00"]]).pk)
    ways.capture(order, "300.00")
    return order


def twice() -> Order:
    order = ways.by_transfer()
    ways.capture(order, "300.00")
    ways.report(order, reference="once more")
    return order


def in_dollars() -> Order:
    order = ways.by_transfer_waiting()
    ways.report(order, currency="USD")
    return order


def too_late() -> Order:
    order = ways.by_transfer_waiting()
    ways.undo(order)
    ways.report(order, reference="sorry, I was away")
    return order


def sent_back() -> Order:
    order = too_late()
    ways.decide(PaymentEvent.objects.get(order_number=order.number), "refund")
    return order


def strangers() -> Order:
    """Somebody else's money came for it, and was taken off it again."""
    order = ways.transfer_in_parts()
    event = PaymentEvent.objects.get(order_number=order.number, amount="60.00")
    decision = write_decision(event, "assign", order_number=ways.by_transfer_waiting().number).pk
    resolutions.check_decision(decision)
    resolutions.hand_to_order(decision)
    return order


# what staff read about its money, and what its customer reads
STAGES: dict[Callable[[], Order], tuple[str, str]] = {
    ways.by_transfer_waiting: ("Awaiting payment", "Please pay 300.00 €"),
    too_much: ("Awaiting payment", "We received 1,480.00 €"),
    shared_out: ("Paid", "We are packing your order"),
    ways.too_much_accepted_and_cancelled: ("Refunded", "Your money is on its way back to you."),
    ways.transfer_in_parts: ("Partly paid", "We received 160.00 € of 300.00 €"),
    ways.transfer_in_parts_and_cancelled: ("Refund under way", "On its way back to you"),
    twice: ("Paid", "We are packing your order"),
    in_dollars: ("Awaiting payment", "We received 300.00 $"),
    too_late: ("Not paid", "We received 300.00 €"),
    sent_back: ("Refund under way", "On its way back to you"),
    strangers: ("Partly paid", "We received 100.00 € of 300.00 €"),
}


def photograph(page: Page, name: str) -> None:
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_customer_and_staff_read_where_the_money_is(open_page: Callable[..., Page], aside, settings) -> None:
    settings.BANK_IBAN = "DE89370400440532013000"

    def prepare() -> list[tuple[str, int]]:
        outbox.notifier = outbox.OutboxNotifier(lambda: None)
        make_user("fiona", "finance", is_superuser=True)
        orders = [stage() for stage in STAGES]
        return [(order.get_absolute_url(), order.pk) for order in orders]

    addresses = aside(prepare)
    customer, staff = open_page(NARROW), open_page(NARROW)
    sign_in(staff, "fiona")

    for (stage, told), (address, pk) in zip(STAGES.items(), addresses, strict=True):
        customer.goto(address)
        staff.goto(f"/admin/orders/order/{pk}/change/")

        for who, page, words in (("staff", staff, told[0]), ("customer", customer, told[1])):
            expect(page.get_by_text(words).first, stage.__name__).to_be_visible()
            for width in widths_of(page):
                photograph(page, f"{stage.__name__}-{who}-{width}")
                assert fits(page), (stage.__name__, who, width)


def test_the_dialog_of_sharing_out_and_the_inbox_fit_the_screen(
    open_page: Callable[..., Page], aside, settings
) -> None:
    settings.BANK_IBAN = "DE89370400440532013000"

    def prepare() -> int:
        outbox.notifier = outbox.OutboxNotifier(lambda: None)
        make_user("fiona", "finance")
        order = ways.transfer_in_parts()
        event = make_payment_event(
            None, provider="bank_transfer", by="statement:1", reference=f"{order.number} tea", event_id="evt_odd"
        )
        payment_events.match_payment_event(event.pk)
        return event.pk

    aside(prepare)
    page = open_page(NARROW)
    sign_in(page, "fiona")

    page.goto("/admin/unmatched/")
    page.get_by_role("link", name="Share it out").first.click()
    expect(page.locator("#dialog-form")).to_be_visible()
    for width in widths_of(page):
        photograph(page, f"sharing-{width}")
        assert fits(page), width

    page.goto("/admin/unmatched/")
    for width in widths_of(page):
        photograph(page, f"inbox-{width}")
        assert fits(page), width
