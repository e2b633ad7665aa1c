"""What a customer does, by mouse, by keyboard, on a phone, and without JavaScript."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from orders.models import Order, TimelineEntry
from orders.models.timeline import OrderEvent
from temporal_app import client
from tests.browser.fitting import NARROW, too_wide
from tests.factories.orders import ship, wait_until
from tests.factories.products import make_product
from tests.views.shopping import ADDRESS

pytestmark = pytest.mark.browser

AT_ONCE = 30_000  # milliseconds; in life a second, but no verdict may depend on how busy a machine is


def fill_shelves() -> None:
    make_product("TEA", name="Assam leaf", price="11.90", category="Tea")
    make_product("CUP", name="Espresso cups, set of six", price="42.00", category="Tableware", on_hand=3)


def fill_shelves_with_endless_words() -> None:
    words = {"name": "N" * 200, "category": "C" * 80, "description": "D" * 400, "price": "9999999.99"}
    make_product("TEA", **words)
    make_product("X" * 40, **words, on_hand=3)


def give_an_endless_name(order: Order) -> None:
    endless = {"name": "W" * 120, "street": "S" * 200, "city": "C" * 100, "email": f"{'e' * 120}@example.org"}
    Order.objects.filter(pk=order.pk).update(**endless)


def order_something(page: Page) -> str:
    """Choose, check out; returns the order's number."""
    page.goto("/products/TEA/")
    page.get_by_label("Quantity").fill("2")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("link", name="To the checkout").click()
    for name in ("name", "email", "street", "postal_code", "city", "country"):
        page.locator(f"[name={name}]").fill(ADDRESS[name])
    page.get_by_role("button", name="Order now with obligation to pay").click()
    page.wait_for_url("**/orders/ORD-*/*/")
    return page.url.split("/")[4]


def the_order(number: str) -> Order:
    return Order.objects.get(number=number)


def test_an_order_is_followed_to_the_doorstep_on_one_open_page(open_page: Callable[..., Page], aside) -> None:
    aside(fill_shelves)
    page = open_page()
    number = order_something(page)
    order = aside(the_order, number)

    page.get_by_role("button", name="Pay 23.80 €").click()
    expect(page.get_by_text("Thank you! Your payment was taken.")).to_be_visible()
    expect(page.get_by_text("We are packing your order", exact=True)).to_be_visible(timeout=AT_ONCE)
    expect(page.get_by_role("heading", name="Pay now")).to_be_hidden(timeout=AT_ONCE)

    aside(wait_until, order, waiting_for="shipment")
    aside(ship, order)
    expect(page.get_by_text("DHL carries your parcel, tracking number 0034 1.")).to_be_visible(timeout=AT_ONCE)
    expect(page.get_by_text("Cancel this order")).to_be_hidden(timeout=AT_ONCE)

    aside(wait_until, order, waiting_for="delivery")
    aside(client.mark_delivered, number, by="user:1")
    expect(page.get_by_text("Your order has arrived. Enjoy it!")).to_be_visible(timeout=AT_ONCE)
    assert page.url.endswith(f"{order.token}/")


def test_what_a_person_has_chosen_survives_an_update_of_the_page(open_page: Callable[..., Page], aside) -> None:
    aside(fill_shelves)
    page = open_page()
    order = aside(the_order, order_something(page))
    expect(page.get_by_role("heading", name="Pay now")).to_be_visible(timeout=AT_ONCE)
    page.get_by_label("Test card that is declined").check()

    aside(TimelineEntry.record, order, OrderEvent.APPROVED, by="user:1", at=timezone.now())

    expect(page.get_by_text("Your order was approved.")).to_be_visible(timeout=AT_ONCE)
    expect(page.get_by_label("Test card that is declined")).to_be_checked()


def test_everything_works_without_javascript(open_page: Callable[..., Page], aside) -> None:
    aside(fill_shelves)
    page = open_page(java_script_enabled=False)

    number = order_something(page)
    aside(wait_until, aside(the_order, number), waiting_for="payment")
    page.get_by_role("link", name="Refresh").click()
    page.get_by_text("Forgot something? Add it to this order").click()
    page.locator("#item-sku").select_option("CUP")
    page.get_by_role("button", name="Add to this order").click()
    expect(page.get_by_text("Added. The order comes to 65.80 € now.")).to_be_visible()
    page.get_by_text("Cancel this order").click()
    page.get_by_role("button", name="Cancel the order").click()

    aside(wait_until, aside(the_order, number), status="cancelled")
    page.goto("/orders/")
    expect(page.get_by_text("Cancelled")).to_be_visible()


def test_the_shop_can_be_used_by_keyboard_alone(open_page: Callable[..., Page], aside) -> None:
    aside(fill_shelves)
    page = open_page()
    page.goto("/products/TEA/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    for _stop in range(3):  # trail: catalogue, category; then the quantity
        page.keyboard.press("Tab")
    expect(page.get_by_label("Quantity")).to_be_focused()
    page.keyboard.type("3")
    page.keyboard.press("Enter")

    expect(page.get_by_text("is in your cart now.")).to_be_visible()


def test_every_page_fits_its_window_and_keeps_its_policy(open_page: Callable[..., Page], aside) -> None:
    aside(fill_shelves)
    page = open_page(NARROW)
    number = order_something(page)
    order = aside(the_order, number)
    page.goto("/products/CUP/")
    page.get_by_role("button", name="Add to cart").click()
    shown = ["/", "/?q=nothing", "/products/TEA/", "/cart/", "/checkout/", "/orders/", order.get_absolute_url()]
    shown += ["/accounts/login/", "/accounts/password_reset/", "/no/such/page"]

    assert not too_wide(page, shown)


def test_words_without_an_end_make_no_page_wider(open_page: Callable[..., Page], aside) -> None:
    aside(fill_shelves_with_endless_words)
    page = open_page(NARROW)
    order = aside(the_order, order_something(page))
    aside(give_an_endless_name, order)
    page.goto(f"/products/{'X' * 40}/")
    page.get_by_role("button", name="Add to cart").click()
    searches = [f"/?q={'q' * 100}", f"/?category={'C' * 80}", f"/products/{'N' * 300}/"]
    shown = ["/", *searches, "/products/TEA/", "/cart/", "/checkout/", "/orders/", order.get_absolute_url()]

    assert not too_wide(page, shown)


def test_the_language_is_switched_in_the_header_and_stays(open_page: Callable[..., Page], aside) -> None:
    aside(fill_shelves)
    page = open_page()
    page.goto("/products/TEA/")

    page.get_by_role("button", name="DE").click()

    expect(page.get_by_role("button", name="In den Warenkorb")).to_be_visible()
    assert page.url.endswith("/products/TEA/")
    page.goto("/cart/")
    expect(page.get_by_role("heading", name="Ihr Warenkorb", exact=True)).to_be_visible()
