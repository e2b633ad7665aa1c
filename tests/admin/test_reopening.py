"""Staff place an order anew that was not paid in time."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.models import Order, Product, TimelineEntry
from orders.rules.order_events import OrderEvent
from tests.admin.browsing import FROM_DIALOG, at_browser, dialog_url, fields_of, message_shown, send, words
from tests.factories import steps
from tests.factories.orders import wait_until
from tests.factories.rows import make_order
from tests.factories.steps import order_after
from tests.workflows.at_once import in_background


@pytest.fixture
def expired(transactional_db) -> Order:
    """An order of three teas that nobody paid in time."""
    return order_after(steps.reserve, steps.hold, steps.expire)


def page(order: Order) -> str:
    return reverse("admin:orders_order_change", args=[order.pk])


def test_support_sees_what_has_changed_and_places_the_order_anew_once(worker, expired: Order, sina):
    browser, url = at_browser(sina), dialog_url("order", "reopen", expired.pk)
    Product.objects.update(price="70.00")

    dialog = browser.get(url, **FROM_DIALOG)
    said = message_shown(browser, send(browser, url, fields_of(dialog)))

    new = Order.objects.get(anew_of=expired)
    wait_until(new, waiting_for="payment")
    assert "3 at 70.00 € instead of 100.00 €; 100 available" in words(dialog)
    assert "Total then 300.00 € Total today 210.00 €" in words(dialog)
    assert f"{expired.number} is placed anew as {new.number}." in said
    assert f"Placed anew as {new.number}" in words(browser.get(page(expired)))
    assert f"Placed in place of {expired.number}" in words(browser.get(page(new)))
    assert f"was placed anew before, as {new.number}" in words(browser.get(url, **FROM_DIALOG))
    assert reverse("order", args=[new.number, new.token]) in Client().get(expired.get_absolute_url()).content.decode()
    assert expired.get_absolute_url() in Client().get(new.get_absolute_url()).content.decode()


def test_two_browsers_at_once_place_one_order_anew(worker, expired: Order, sina, fritz):
    browsers, url = [at_browser(sina), at_browser(fritz)], dialog_url("order", "reopen", expired.pk)
    opened = [(browser, fields_of(browser.get(url, **FROM_DIALOG))) for browser in browsers]

    sent = [in_background(send, browser, url, fields) for browser, fields in opened]
    answers = [one.result() for one in sent]

    assert Order.objects.filter(anew_of=expired).count() == 1
    assert sorted(answer.status_code for answer in answers) == [200, 409]


def test_what_is_sold_out_cannot_be_sent(sina):
    order = make_order(status="cancelled", ended_at=timezone.now())
    TimelineEntry.record(order, OrderEvent.CANCELLED, by="system", at=timezone.now(), code="payment_deadline")
    Product.objects.update(on_hand=0)

    dialog = at_browser(sina).get(dialog_url("order", "reopen", order.pk), **FROM_DIALOG)

    assert "is sold out at the moment" in words(dialog)
    assert 'type="submit"' not in dialog.content.decode()
