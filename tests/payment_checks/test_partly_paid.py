"""Finance in the admin: orders of which a part is paid, on real workflows."""

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from temporalio.client import Client

from orders.authorization.roles import set_up_roles
from orders.models import Order, PaymentEvent
from tests.admin.browsing import at_browser, dialog_url, fill_in, message_shown, words
from tests.factories.orders import wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.unmatched import waiting_order

TODAY = timezone.localdate().isoformat()


@pytest.fixture
def fritz(worker: Client) -> Browser:
    """The browser of somebody in finance."""
    set_up_roles()
    return at_browser(make_user("fritz", "finance", first_name="Fritz", last_name="Albers"))


@pytest.fixture
def order(worker: Client) -> Order:
    """Two packets of tea, 40.00, that wait for their money."""
    make_product(price="20.00", on_hand=10)
    return waiting_order(("TEA", 2))


def inbox(browser: Browser) -> str:
    return words(browser.get(reverse("admin:unmatched")))


def test_a_part_by_hand_says_what_is_missing_and_waits_for_the_rest_where_the_rest_can_be_waived(fritz, order: Order):
    answer = fill_in(fritz, dialog_url("order", "mark_paid", order.pk), amount="4.00", reference="x", received=TODAY)

    told = message_shown(fritz, answer)
    page = inbox(fritz)
    waived = fill_in(fritz, dialog_url("paymentevent", "accept", PaymentEvent.objects.get().pk), reason="a gift")
    wait_until(order, status="paid")

    assert "36.00 € are still missing" in told
    assert f"Partly paid {order.number} 4.00 € of 40.00 €" in page
    assert "Accepted; the order goes on as paid." in message_shown(fritz, waived)
    assert "Partly paid" not in inbox(fritz)
