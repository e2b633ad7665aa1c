"""What customers and finance read about an order's money at each stage, in a real browser, on a desk and a telephone.

With PICTURES=FOLDER each page is also photographed into that folder.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from orders.models import Order, PaymentEvent
from temporal_app.activities import allocations, outbox, payment_events
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
    allocations.share_out(write_decision(PaymentEvent.objects.get(), "allocate", shares=[[order.number, "300.00"]]).pk)
    ways.capture(order, "300.00")
    return order


STAGES: dict[Callable[[], Order], str] = {
    ways.by_transfer_waiting: "Awaiting payment",
    ways.transfer_in_parts: "Partly paid",
    too_much: "Awaiting payment",
    shared_out: "Paid",
    ways.transfer_in_parts_and_cancelled: "Refund under way",
    ways.too_much_accepted_and_cancelled: "Refunded",
}


def photograph(page: Page, name: str) -> None:
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_customer_and_staff_read_where_the_money_is(
    open_page: Callable[..., Page], aside, settings, stage: Callable[[], Order]
) -> None:
    settings.BANK_IBAN = "DE89370400440532013000"

    def prepare() -> tuple[str, int]:
        outbox.notifier = outbox.OutboxNotifier(lambda: None)
        make_user("fiona", "finance", is_superuser=True)
        order = stage()
        return order.get_absolute_url(), order.pk

    address, pk = aside(prepare)
    customer, staff = open_page(NARROW), open_page(NARROW)
    sign_in(staff, "fiona")

    customer.goto(address)
    staff.goto(f"/admin/orders/order/{pk}/change/")

    expect(staff.get_by_text(STAGES[stage], exact=True).first).to_be_visible()
    for who, page in (("customer", customer), ("staff", staff)):
        for width in widths_of(page):
            photograph(page, f"{stage.__name__}-{who}-{width}")
            assert fits(page), (who, width)


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
