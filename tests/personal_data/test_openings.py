"""The owner of the shop reads who of the staff opened which order."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from orders.models import OrderOpening
from orders.personal_data import retention
from orders.rules.personal_data import Kept
from tests.admin.browsing import at_browser, words
from tests.factories.people import make_user
from tests.factories.rows import make_order

pytestmark = pytest.mark.django_db
LIST = "admin:orders_orderopening_changelist"


def test_each_opened_page_is_a_row_and_what_the_page_fetches_and_refused_ones_are_none() -> None:
    sina, order = make_user("sina", "support"), make_order(status="delivered", ended_at=timezone.now())
    url, browser = reverse("admin:orders_order_change", args=[order.pk]), at_browser(sina)

    for address in (
        url,
        url,
        reverse("admin:orders_order_changelist"),
        reverse("admin:order-waiting", args=[order.pk]),
    ):
        browser.get(address)
    Browser().get(url)

    assert list(OrderOpening.objects.values_list("person", "order")) == [(sina.pk, order.pk)] * 2


def test_only_the_owner_reads_the_list() -> None:
    order = make_order()
    OrderOpening.objects.create(order=order, person=make_user("sina", "support", first_name="Sina", last_name="Roth"))

    read = words(at_browser(make_user("root", is_superuser=True)).get(reverse(LIST), {"q": order.number}))
    refused = at_browser(make_user("mia", "manager")).get(reverse(LIST)).status_code

    assert (order.number in read, "Sina Roth" in read, refused) == (True, True, 403)


def test_who_opened_an_order_is_forgotten_after_a_year() -> None:
    OrderOpening.objects.create(order=make_order(), person=make_user("sina", "support"))

    removed = [retention.remove(Kept.OPENINGS, timezone.now() + timedelta(days=days)) for days in (364, 366, 366)]

    assert removed == [0, 1, 0]
