"""Why an order waits, in a real browser: fetched after its page, acted on from there, and read without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_deciding import decisions, prepare, sign_in

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
