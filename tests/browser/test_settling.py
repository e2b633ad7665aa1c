"""What people do about failed reversals, in a real browser: on a desk and on a telephone, by double click."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from orders.models import CompensationFailure, ReversalDecision
from tests.browser.conftest import HEIGHT
from tests.browser.fitting import NARROW, too_wide
from tests.browser.test_deciding import sign_in
from tests.factories.orders import eventually
from tests.factories.reversals import make_settler, undone_but

pytestmark = pytest.mark.browser
LIST = "/admin/orders/compensationfailure/"


def prepare() -> int:
    """Fiona works in finance; the payment of a cancelled order could not be given back."""
    make_settler("fiona")
    failure = undone_but("payment")
    CompensationFailure.objects.filter(pk=failure.pk).update(error=f"ProviderUnavailable: {'x' * 200}")
    return failure.pk


def state_of(pk: int) -> str:
    return CompensationFailure.objects.get(pk=pk).state


def test_nothing_is_wider_than_the_screen(open_page: Callable[..., Page], aside) -> None:
    pk = aside(prepare)
    page = open_page(NARROW)
    sign_in(page, "fiona")

    assert not too_wide(page, [LIST])
    for dialog in ("Retry", "Settled by hand", "Write off", "Who takes care"):
        page.goto(f"{LIST}{pk}/change/")
        page.set_viewport_size({"width": NARROW, "height": HEIGHT})
        page.get_by_role("link", name=dialog).first.click()
        expect(page.locator("#dialog-form")).to_be_visible()
        assert not too_wide(page), dialog


def test_a_double_click_gives_the_money_back_once_and_says_so(open_page: Callable[..., Page], aside) -> None:
    pk = aside(prepare)
    page = open_page()
    sign_in(page, "fiona")
    page.goto(f"{LIST}{pk}/change/")
    page.get_by_role("link", name="Retry").first.click()

    page.locator("#dialog-form").get_by_role("button", name="Retry").dblclick()

    expect(page.get_by_text("Undone after all").first).to_be_visible()
    aside(eventually, lambda: state_of(pk) == "undone")
    assert aside(ReversalDecision.objects.count) == 1


def test_what_was_settled_by_hand_shows_its_evidence(open_page: Callable[..., Page], aside) -> None:
    pk = aside(prepare)
    page = open_page(390)
    sign_in(page, "fiona")
    page.goto(f"{LIST}{pk}/change/")
    page.get_by_role("link", name="Settled by hand").click()

    page.locator("[name=text]").fill("Transfer, reference 4711")
    page.locator("#dialog-form").get_by_role("button", name="Settled by hand").click()

    expect(page.get_by_text("“Transfer, reference 4711”")).to_be_visible()
    assert aside(state_of, pk) == "settled_by_hand"
