"""A customer pays by card on the page of a fake Stripe: 3-D Secure, a second card, the way back, a closed tab."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from orders.models import Order
from tests.browser.fitting import NARROW, too_wide
from tests.factories.orders import wait_until
from tests.payments.checkout import wait_for_card
from tests.payments.fake_stripe import FakeStripe
from tests.payments.fake_stripe.sessions import ASKS_MORE, DECLINED, GOOD
from tests.payments.test_stripe_journey import tell

pytestmark = pytest.mark.browser


@pytest.fixture
def stripe(settings, site: str) -> Iterator[FakeStripe]:
    """A Stripe with empty books that the shop is set up for."""
    with FakeStripe() as fake:
        settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = "sk_test_shop", "whsec_shop"
        settings.STRIPE_API_BASE = settings.STRIPE_CHECKOUT_BASE = fake.url
        settings.SHOP_BASE_URL, settings.PAYMENT_METHODS = site, ["stripe"]
        yield fake


def go_to_stripe(page: Page, order: Order) -> None:
    page.goto(order.get_absolute_url())
    page.get_by_role("button", name="Pay 43.90 € by card").click()
    expect(page.get_by_role("heading", name="Pay 43.90 EUR")).to_be_visible()


def pay_with(page: Page, card: str) -> None:
    page.get_by_label("Card number").fill(card)
    page.get_by_role("button", name="Pay").click()


def tell_all(stripe: FakeStripe) -> None:
    """Stripe's webhook tells everything that has happened there."""
    for event in list(stripe.books.events):
        tell(event)


def test_a_second_card_and_3d_secure_after_a_refusal_pay_the_order(
    stripe: FakeStripe, open_page: Callable[..., Page], aside
) -> None:
    order, page = aside(wait_for_card), open_page()
    go_to_stripe(page, order)

    pay_with(page, DECLINED)
    expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
    pay_with(page, ASKS_MORE)
    page.get_by_role("button", name="It is not").click()
    expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
    pay_with(page, ASKS_MORE)
    page.get_by_role("button", name="It is me").click()

    expect(page.get_by_text("We do not know yet whether your payment went through")).to_be_visible()
    assert page.url.endswith(order.get_absolute_url())
    aside(tell_all, stripe)
    expect(page.get_by_text("We are packing your order", exact=True)).to_be_visible()
    aside(wait_until, order, status="paid")
    assert sum(charge["amount_captured"] for charge in stripe.books.charges.values()) == 4390


def test_a_tab_closed_before_the_way_back_has_paid_all_the_same(
    stripe: FakeStripe, open_page: Callable[..., Page], aside
) -> None:
    order, page = aside(wait_for_card), open_page()
    go_to_stripe(page, order)
    stripe.lingers = True

    pay_with(page, ASKS_MORE)
    page.get_by_role("button", name="It is me").click()
    expect(page.get_by_text("Taking you back to the shop.")).to_be_visible()
    page.close()
    aside(tell_all, stripe)

    aside(wait_until, order, status="paid")


def test_the_back_button_and_the_link_back_lead_to_the_same_page_of_stripes_again(
    stripe: FakeStripe, open_page: Callable[..., Page], aside
) -> None:
    order, page = aside(wait_for_card), open_page()
    go_to_stripe(page, order)

    page.go_back()
    expect(page.get_by_role("button", name="Pay 43.90 € by card")).to_be_visible()
    go_to_stripe(page, order)
    page.get_by_role("link", name="Back to the shop").click()
    expect(page.get_by_role("button", name="Pay 43.90 € by card")).to_be_visible()
    go_to_stripe(page, order)
    pay_with(page, GOOD)
    expect(page.get_by_text("We do not know yet whether your payment went through")).to_be_visible()
    aside(tell_all, stripe)
    aside(wait_until, order, status="paid")

    assert len(stripe.checkout.sessions) == 1


def test_the_way_to_stripe_fits_its_window(stripe: FakeStripe, open_page: Callable[..., Page], aside) -> None:
    order, page = aside(wait_for_card), open_page(NARROW)

    page.goto(order.get_absolute_url())

    expect(page.get_by_role("button", name="Pay 43.90 € by card")).to_be_visible()
    assert not too_wide(page)
