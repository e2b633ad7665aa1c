"""How long somebody stays signed in, and what search engines keep of pages that only one person was given."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client, override_settings
from django.utils import timezone

from shop.sessions import BEGAN, SEEN
from tests.admin.browsing import at_browser
from tests.factories.people import make_user
from tests.views.shopping import written

pytestmark = pytest.mark.django_db
HOUR = 3600


def later(browser: Client, seconds: int) -> None:
    """As if so long had passed since this browser did something last."""
    session = browser.session
    session[BEGAN] -= seconds
    session[SEEN] -= seconds
    session.save()


@pytest.fixture
def staff() -> Client:
    return at_browser(make_user("mia", "manager"))


def test_staff_who_do_nothing_are_signed_in_for_half_an_hour(staff: Client) -> None:
    with override_settings(STAFF_IDLE=1800):
        later(staff, 600)
        staff.get("/")
        assert staff.session.get_expiry_age() == 1800

    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    assert staff.get("/admin/").headers["Location"] == "/admin/login/?next=/admin/"


def test_a_dialog_in_a_session_that_has_ended_leads_the_page_to_signing_in(staff: Client) -> None:
    Session.objects.all().delete()
    over = {"HX-Request": "true", "HX-Current-URL": "http://testserver/admin/orders/order/"}

    answer = staff.get("/admin/orders/refundtask/export/", headers=over)

    assert answer.headers["HX-Redirect"] == "/admin/login/?next=%2Fadmin%2Forders%2Forder%2F"


def test_whatever_they_do_staff_sign_in_again_after_twelve_hours(staff: Client) -> None:
    later(staff, 12 * HOUR - 600)

    staff.get("/admin/orders/order/")

    assert 0 < staff.session.get_expiry_age() <= 600


def test_a_page_that_follows_something_by_itself_keeps_nobody_signed_in(staff: Client) -> None:
    later(staff, 12 * HOUR - 600)
    before = dict(staff.session)

    staff.get("/admin/checks/payment-batch-0/live/")

    assert dict(staff.session) == before


def test_who_signs_in_anew_begins_anew(staff: Client) -> None:
    later(staff, 12 * HOUR - 600)
    began = staff.session[BEGAN]

    staff.post("/admin/login/", {"username": "mia", "password": "correct horse battery"})

    assert staff.session[BEGAN] >= began + 12 * HOUR - 600


def test_customers_stay_signed_in_as_long_as_in_any_shop(client: Client) -> None:
    client.force_login(User.objects.create_user("alice"))

    client.get("/")

    assert client.session.get_expiry_age() == settings.SESSION_COOKIE_AGE


@pytest.mark.parametrize("found", [True, False])
def test_no_search_engine_keeps_a_page_with_a_key(client: Client, found: bool) -> None:
    order = written()
    page = order.get_absolute_url() if found else f"/orders/{order.number}/{'x' * 32}/"

    answers = [client.get(page), client.get("/accounts/reset/MQ/abc-def/"), client.get("/")]

    assert answers[0].status_code == (200 if found else 404)
    assert [answer.headers.get("X-Robots-Tag", "").split(",")[0] for answer in answers] == ["noindex", "noindex", ""]
