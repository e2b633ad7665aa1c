"""Staff on a customer's page of an order: they read it; what they do, they do in the admin, as their role allows."""

import pytest
from django.test import Client

from orders.models import Order
from tests.factories.orders import wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.views.shopping import place, words, written

pytestmark = pytest.mark.django_db

ACTIONS = {
    "pay": {"amount": "40.00", "card_token": "tok_chargeable_visa"},
    "transfer": {},
    "cancel": {"reason": "other"},
    "items": {"sku": "TEA", "quantity": 1},
    "language": {"language": "de"},
    "again": {},
}


@pytest.fixture
def wanda(db: None):
    """Somebody in the warehouse."""
    return make_user("wanda", "warehouse")


@pytest.fixture
def at_work(wanda) -> Client:
    """Her browser, signed in."""
    browser = Client()
    browser.force_login(wanda)
    return browser


def test_staff_read_the_page_and_find_nothing_to_press(at_work: Client) -> None:
    order = written()

    page = at_work.get(order.get_absolute_url())

    assert page.status_code == 200
    assert "Please pay 40.00 €" in words(page)
    assert "as staff you can only read its page" in words(page)
    assert f'href="/admin/orders/order/{order.pk}/change/"' in page.content.decode()
    for action in ACTIONS:
        assert f'action="{order.get_absolute_url()}{action}/"' not in page.content.decode()


@pytest.mark.parametrize("action", ACTIONS)
def test_staff_do_nothing_in_a_customers_name(at_work: Client, action: str) -> None:
    order = written()

    answer = at_work.post(f"{order.get_absolute_url()}{action}/", ACTIONS[action])

    assert answer.status_code == 403
    assert "as staff you can only read its page" in words(answer)


def test_staff_who_ordered_something_themselves_are_customers_of_it(at_work: Client, wanda, worker) -> None:
    make_product()
    order = place(at_work)
    wait_until(order, waiting_for="payment")

    page, answer = (
        at_work.get(order.get_absolute_url()),
        at_work.post(f"/orders/{order.number}/cancel/", {"reason": "other"}),
    )

    assert Order.objects.get().customer == wanda
    assert "only read its page" not in words(page)
    assert answer.status_code == 302


def test_a_guest_who_signs_in_as_staff_is_told_to_sign_out_or_to_use_another_window(
    client: Client, wanda, worker
) -> None:
    make_product()
    order = place(client)

    client.force_login(wanda)
    page = words(client.get(order.get_absolute_url()))

    assert "sign out first or use another window" in page
