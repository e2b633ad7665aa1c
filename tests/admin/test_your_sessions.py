"""Where staff are signed in: they see it, and end what is not theirs any more. Nobody else's is shown or ended."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory
from django.utils import timezone

from orders import labels
from orders.admin.sessions import account
from orders.models import StaffSession
from shop.sessions import SEEN
from tests.admin.browsing import words
from tests.factories.people import PASSWORD, make_user

PAGE = "/admin/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Safari/604.1"


def sign_in(name: str, agent: str, address: str) -> Client:
    browser = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
    browser.post("/admin/login/", {"username": name, "password": PASSWORD})
    return browser


def is_in(browser: Client) -> bool:
    return browser.get("/admin/orders/order/").status_code == 200


@pytest.fixture
def mia(db: None) -> User:
    return make_user("mia", "manager")


def test_one_sees_where_one_is_signed_in_and_which_is_this(mia: User) -> None:
    sign_in("mia", PHONE, "203.0.113.7")
    here = sign_in("mia", FIREFOX, "198.51.100.2")

    page = here.get(PAGE)

    shown = [(row["browser"], row["address"], row["seen"], row["this"]) for row in page.context["rows"]]
    assert sorted(shown) == [
        ("Firefox on Linux", "198.51.100.2", "just now", True),
        ("Safari on iPhone", "203.0.113.7", "just now", False),
    ]
    assert "Your sessions" in words(page)


def test_ending_one_signs_out_there_and_nowhere_else(mia: User) -> None:
    lost, other, here = (sign_in("mia", PHONE, f"203.0.113.{number}") for number in (1, 2, 3))

    said = here.post(PAGE, {"end": StaffSession.objects.get(address="203.0.113.1").pk}, follow=True)

    assert [is_in(browser) for browser in (lost, other, here)] == [False, True, True]
    assert "1 session was ended." in words(said)


def test_ending_all_others_leaves_this_one(mia: User) -> None:
    browsers = [sign_in("mia", PHONE, "203.0.113.1") for _number in range(3)]

    browsers[1].post(PAGE, {"end": "others"})

    assert [is_in(browser) for browser in browsers] == [False, True, False]


@pytest.mark.parametrize("what", ["theirs", "", "abc", "9" * 30])
def test_nobody_ends_the_session_of_somebody_else(mia: User, what: str) -> None:
    make_user("dora", "director")
    dora, here = sign_in("dora", FIREFOX, "203.0.113.1"), sign_in("mia", FIREFOX, "203.0.113.2")
    theirs = StaffSession.objects.get(address="203.0.113.1").pk

    here.post(PAGE, {"end": theirs if what == "theirs" else what})

    assert is_in(dora)
    assert is_in(here)
    assert len(here.get(PAGE).context["rows"]) == 1


def test_what_has_ended_by_itself_is_not_shown_and_not_kept(mia: User) -> None:
    sign_in("mia", PHONE, "203.0.113.1")
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    here = sign_in("mia", FIREFOX, "203.0.113.2")

    assert [row["address"] for row in here.get(PAGE).context["rows"]] == ["203.0.113.2"]
    assert StaffSession.objects.count() == 1


def test_a_session_that_moves_is_one_row_with_its_newest_address(mia: User) -> None:
    here = sign_in("mia", PHONE, "203.0.113.1")
    session = here.session
    session[SEEN] = 0
    session.save()

    here.get(PAGE, REMOTE_ADDR="203.0.113.9")

    assert list(StaffSession.objects.values_list("address", flat=True)) == ["203.0.113.9"]


def test_a_customer_has_no_such_list(db: None, client: Client) -> None:
    client.force_login(User.objects.create_user("alice"))

    assert client.get(PAGE).headers["Location"].startswith("/admin/login/")
    assert not StaffSession.objects.exists()


def test_the_menu_leads_there(mia: User) -> None:
    request = RequestFactory().get("/admin/")
    request.user = mia

    assert [link["title"] for link in account(request)] == ["Your sessions", "Set up a second factor"]


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "Unknown browser"),
    ],
)  # fmt: skip
def test_a_browser_is_called_what_people_call_it(agent: str, said: str) -> None:
    assert labels.browser(agent) == said
