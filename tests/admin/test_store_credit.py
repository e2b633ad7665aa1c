"""Finance reads who has how much store credit, and how it came and went; nobody else does."""

from decimal import Decimal

import pytest
from django.urls import reverse

from orders.payments import credit as books
from tests.admin.browsing import at_browser, words
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def carla():
    carla = make_user("carla", is_staff=False, first_name="Carla", last_name="Curie")
    books.move(carla.pk, Decimal("20.00"), cause="goodwill-1", out=False, key="1")
    books.move(carla.pk, Decimal("7.50"), cause="order-ORD-2026-000001", out=True, key="2")
    return carla


def test_finance_sees_who_has_how_much(carla):
    page = words(at_browser(make_user("fritz", "finance")).get(reverse("admin:all-credit")))

    assert "Carla Curie 12.50 €" in page.replace("\u00a0", " ")


def test_an_account_tells_its_entries_newest_first_with_what_each_left(carla):
    answer = at_browser(make_user("fritz", "finance")).get(reverse("admin:credit", args=[carla.pk]))

    page = words(answer).replace("\u00a0", " ")
    paid, given = page.index("Paid for order ORD-2026-000001"), page.index("Given by the shop")
    assert paid < given
    assert "-7.50 € 12.50 €" in page[paid:given]
    assert "20.00 € 20.00 €" in page[given:]


def test_an_account_that_was_never_used_says_so_and_nobodys_is_not_found():
    fritz = make_user("fritz", "finance")
    browser = at_browser(fritz)

    assert "Nothing has come to this account" in words(browser.get(reverse("admin:credit", args=[fritz.pk])))
    for nobody in ("4711", "x", "0", "9" * 30):
        assert browser.get(reverse("admin:credit", args=[nobody])).status_code == 404


@pytest.mark.parametrize("role", ["warehouse", "support", "vp"])
def test_nobody_else_sees_credit(carla, role: str):
    browser = at_browser(make_user("wanda", role))

    assert browser.get(reverse("admin:all-credit")).status_code == 403
    assert browser.get(reverse("admin:credit", args=[carla.pk])).status_code == 403
