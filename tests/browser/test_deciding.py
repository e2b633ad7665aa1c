"""What staff do in the admin, in a real browser: by keyboard alone, by double click, and too late."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from orders.models import ApprovalDecision, Order
from temporal_app import client
from tests.browser.fitting import NARROW, fits, widths_of
from tests.factories.orders import place_order, wait_until
from tests.factories.people import PASSWORD, make_user
from tests.factories.products import make_product
from tests.factories.rows import make_approval, make_order

pytestmark = pytest.mark.browser
INBOX = "/admin/approvals/"
LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff" * 3


def prepare() -> list[Order]:
    """Mia and Max are managers; two orders wait for one."""
    make_user("mia", "manager", first_name="Mia", last_name="Keller")
    make_user("max", "manager", first_name="Max", last_name="Nowak")
    make_product("TEA")
    orders = [place_order(("TEA", quantity)) for quantity in (3, 4)]
    for order in orders:
        wait_until(order, waiting_for="approval")
    return orders


def prepare_a_long_name() -> int:
    """Mia is manager; an order by somebody whose name no line can hold waits for her."""
    make_user("mia", "manager", first_name="Mia", last_name="Keller")
    return make_approval(make_order(name=LONG_NAME)).order.pk


def decisions() -> list[tuple[str, bool, str]]:
    return list(ApprovalDecision.objects.order_by("pk").values_list("person__username", "approved", "comment"))


def approve_as_max(order: Order) -> None:
    person = User.objects.get(username="max")
    client.decide("order", order.number, role="manager", approved=True, by=f"user:{person.pk}")


def sign_in(page: Page, name: str) -> None:
    page.goto(f"/admin/login/?next={INBOX}")
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)


def tab_to(page: Page, words: str) -> None:
    """Press Tab until something of these words has the focus."""
    for _press in range(80):
        page.keyboard.press("Tab")
        if " ".join(focused(page).split()) == words:
            return
    raise AssertionError(f"{words!r} cannot be reached with Tab")


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.textContent.trim() || document.activeElement.name || ''")


def test_an_approval_is_given_by_keyboard_alone(open_page: Callable[..., Page], aside) -> None:
    order, _other = aside(prepare)
    page = open_page()
    sign_in(page, "mia")

    tab_to(page, f"Approve {order.number}")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Comment")).to_be_focused()
    for _press in range(4):  # back to where it began: nothing behind the dialog can be reached
        page.keyboard.press("Tab")
    expect(page.get_by_label("Comment")).to_be_focused()
    page.keyboard.press("Escape")
    back = f"document.activeElement.matches('a') && document.activeElement.textContent.includes('{order.number}')"
    page.wait_for_function(back)  # to the link, that is, and not merely to the page around it
    expect(page.get_by_label("Comment")).to_be_hidden()

    page.keyboard.press("Enter")
    expect(page.get_by_label("Comment")).to_be_focused()
    page.keyboard.type("Fine.")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_text(f"{order.number}: fully approved.")).to_be_visible()
    assert aside(decisions) == [("mia", True, "Fine.")]


def test_several_are_rejected_by_keyboard_alone(open_page: Callable[..., Page], aside) -> None:
    aside(prepare)
    page = open_page()
    sign_in(page, "mia")

    page.get_by_label("All on this page").focus()
    page.keyboard.press("Space")
    tab_to(page, "Reject chosen…")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You can reject 2 of these 2.")).to_be_visible()
    page.get_by_label("Reason").focus()
    page.keyboard.type("Out of budget.")
    tab_to(page, "Reject 2")
    page.keyboard.press("Enter")

    expect(page.get_by_text("2 of 2 rejected.")).to_be_visible()
    assert aside(decisions) == [("mia", False, "Out of budget.")] * 2


def test_a_refusal_is_told_inside_the_dialog(open_page: Callable[..., Page], aside) -> None:
    order, _other = aside(prepare)
    page = open_page(390)
    sign_in(page, "mia")
    page.get_by_role("link", name=f"Reject {order.number}").click()
    page.get_by_role("dialog").get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Please say why: a rejection needs a comment.")).to_be_visible()

    aside(approve_as_max, order)
    page.get_by_label("Reason").fill("Too much.")
    page.get_by_role("dialog").get_by_role("button", name="Reject").click()

    expect(page.get_by_role("alert")).to_contain_text("Already approved by Max Nowak at")
    expect(page.get_by_role("dialog").get_by_role("button", name="Reject")).to_be_hidden()
    assert aside(decisions) == [("max", True, "")]


def test_a_dialog_that_comes_back_with_an_error_keeps_the_focus(open_page: Callable[..., Page], aside) -> None:
    order, _other = aside(prepare)
    page = open_page()
    sign_in(page, "mia")
    page.get_by_role("link", name=f"Reject {order.number}").click()
    expect(page.get_by_label("Reason")).to_be_focused()

    page.get_by_role("dialog").get_by_role("button", name="Reject").click()

    expect(page.get_by_text("Please say why: a rejection needs a comment.")).to_be_visible()
    expect(page.get_by_label("Reason")).to_be_focused()


def test_a_name_of_one_long_word_fits_on_every_page(open_page: Callable[..., Page], aside) -> None:
    key = aside(prepare_a_long_name)
    page = open_page(NARROW)
    sign_in(page, "mia")

    for address in (INBOX + "?tab=all", "/admin/", "/admin/orders/order/", f"/admin/orders/order/{key}/change/"):
        page.goto(address)
        expect(page.get_by_text(LONG_NAME).first).to_be_visible()
        for width in widths_of(page):
            assert fits(page), address
            ends = page.get_by_text(LONG_NAME).first.evaluate("element => element.getBoundingClientRect().right")
            assert ends <= width, address


def test_a_double_click_decides_once(open_page: Callable[..., Page], aside) -> None:
    order, _other = aside(prepare)
    page = open_page()
    sign_in(page, "mia")
    page.get_by_role("link", name=f"Approve {order.number}").click()

    page.get_by_role("dialog").get_by_role("button", name="Approve").dblclick()

    expect(page.get_by_text(f"{order.number}: fully approved.")).to_be_visible()
    assert aside(decisions) == [("mia", True, "")]
