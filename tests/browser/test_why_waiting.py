"""Why an order waits, in a real browser: fetched after its page, acted on from there, and read without JavaScript."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from orders.models import Order
from temporal_app import client
from tests.browser.fitting import NARROW, fits, widths_of
from tests.browser.test_deciding import decisions, prepare, sign_in
from tests.factories.orders import eventually, pay, place_order, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.reversals import left_to_people
from tests.workflows.outside import BusyCarrier, use_carrier

pytestmark = pytest.mark.browser
WHY = "Somebody has to approve it."


def test_a_manager_reads_why_an_order_waits_and_approves_it_there(open_page: Callable[..., Page], aside):
    order = aside(prepare)[0]
    page = open_page(390)
    sign_in(page, "mia")

    page.goto(f"/admin/orders/order/{order.pk}/change/")
    part = page.locator("#waiting")
    expect(part).to_contain_text(WHY)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    part.get_by_role("link", name="Approve").click()
    page.locator("#modal-content").get_by_role("button", name="Approve").click()

    expect(page.locator("body")).to_contain_text("fully approved")
    assert [(who, approved) for who, approved, _comment in aside(decisions)] == [("mia", True)]


def test_it_can_be_looked_at_again_without_leaving_the_page(open_page: Callable[..., Page], aside):
    order = aside(prepare)[0]
    page = open_page()
    sign_in(page, "mia")
    page.goto(f"/admin/orders/order/{order.pk}/change/")
    expect(page.locator("#waiting")).to_contain_text(WHY)
    before = page.url

    with page.expect_response(lambda answer: "/admin/waiting/" in answer.url) as again:
        page.locator("#waiting").get_by_role("link", name="Refresh").click()

    assert again.value.ok
    expect(page.locator("#waiting")).to_contain_text(WHY)
    assert page.url == before


def test_without_javascript_a_link_leads_there(open_page: Callable[..., Page], aside):
    order = aside(prepare)[0]
    page = open_page(java_script_enabled=False)
    sign_in(page, "mia")

    page.goto(f"/admin/orders/order/{order.pk}/change/")
    page.locator("#waiting").get_by_role("link", name="Look").click()

    expect(page.locator("#waiting")).to_contain_text(WHY)
    expect(page.get_by_role("link", name="Back to the order")).to_be_visible()


def for_an_approval() -> Order:
    make_user("max", "manager", first_name="Max", last_name="Nowak")
    return _placed(3, "approval")


def for_its_customer() -> Order:
    return _placed(1, "payment")


def for_the_warehouse() -> Order:
    order = _placed(1, "payment")
    pay(order)
    wait_until(order, waiting_for="shipment")
    return order


def for_a_carrier_that_does_not_answer() -> Order:
    order = _placed(1, "payment")
    pay(order)
    eventually(lambda: any(one.attempt > 1 for one in client.inspect_order(order.number).activities))
    return order


def for_people_after_a_failed_reversal() -> Order:
    return left_to_people("payment")


def _placed(quantity: int, waiting_for: str) -> Order:
    make_product("TEA", price="100.00")
    order = place_order(("TEA", quantity))
    wait_until(order, waiting_for=waiting_for)
    return order


SITUATIONS = {
    for_an_approval: "approve",
    for_its_customer: "pay",
    for_the_warehouse: "ship",
    for_a_carrier_that_does_not_answer: "answer",
    for_people_after_a_failed_reversal: "undone",
}


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.__name__)
def test_it_is_read_on_any_screen_whatever_an_order_waits_for(
    open_page: Callable[..., Page], aside, monkeypatch: pytest.MonkeyPatch, situation: Callable[[], Order]
):
    """With PICTURES=folder, the pictures of the documentation are taken on the way."""
    aside(lambda: make_user("mia", "manager", first_name="Mia", last_name="Keller"))
    if situation is for_a_carrier_that_does_not_answer:
        use_carrier(monkeypatch, BusyCarrier(method="book"))
    order = aside(situation)
    page = open_page(NARROW)
    sign_in(page, "mia")

    page.goto(f"/admin/orders/order/{order.pk}/change/")

    part = page.locator("#waiting")
    expect(part).to_contain_text(SITUATIONS[situation])
    for width in widths_of(page):
        assert fits(page), width
        if folder := os.environ.get("PICTURES"):
            part.screenshot(
                path=Path(folder)
                / f"waiting-{situation.__name__.replace('_', '-')}{'-narrow' if width == NARROW else ''}.png"
            )
