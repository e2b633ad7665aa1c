"""The second factor of staff: who is asked for it, how it is set up, and what becomes of who lost it."""

import html
import re

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from orders.authorization import devices
from shop.second_factor import TRIES, asked_for
from tests.admin.browsing import at_browser, fill_in, words
from tests.factories.people import PASSWORD, make_user

pytestmark = pytest.mark.django_db
PAGE, ORDERS = "/admin/second-factor/", "/admin/orders/order/"


@pytest.fixture
def _required() -> object:
    with override_settings(REQUIRE_SECOND_FACTOR=True):
        yield


@pytest.fixture
def mia() -> User:
    return make_user("mia", "manager")


def code_of(user: User) -> str:
    """What the app of somebody shows; as if it had not shown it before."""
    TOTPDevice.objects.update(last_t=-1)
    return f"{totp(TOTPDevice.objects.get(user=user).bin_key):06}"


def has_an_app(user: User) -> list[str]:
    """As after the set-up; returns the codes that were written down."""
    return devices.confirm(devices.being_set_up(user, None))


@pytest.mark.usefixtures("_required")
def test_staff_see_no_page_of_the_admin_before_they_have_set_it_up(mia: User) -> None:
    browser = at_browser(mia)

    answers = [browser.get(f"{ORDERS}?q=tea"), browser.post("/admin/approvals/several/"), browser.get("/orders/")]
    dialog = browser.get("/admin/", headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{ORDERS}"})

    ways = [answer.headers.get("Location", "") for answer in answers]
    assert ways == [f"{PAGE}?next=%2Fadmin%2Forders%2Forder%2F%3Fq%3Dtea", f"{PAGE}?next=%2Fadmin%2F", ""]
    assert dialog.headers["HX-Redirect"] == f"{PAGE}?next=%2Fadmin%2Forders%2Forder%2F"


@pytest.mark.usefixtures("_required")
def test_setting_it_up_shows_recovery_codes_once_and_leads_where_one_was_going(mia: User) -> None:
    browser = at_browser(mia)
    page = browser.get(f"{PAGE}?next={ORDERS}")

    done = browser.post(PAGE, {"code": f" {code_of(mia)[:3]} {code_of(mia)[3:]}", "next": page.context["next"]})

    assert "data:image/svg+xml" in page.content.decode()
    assert len(set(re.findall("<code>([a-z2-9]{5}-[a-z2-9]{5})</code>", done.content.decode()))) == 10
    assert f'href="{ORDERS}"' in done.content.decode()
    assert browser.get(ORDERS).status_code == 200
    assert browser.get(f"{PAGE}?next={ORDERS}").headers["Location"] == ORDERS
    assert "no-store" in done.headers["Cache-Control"]


@pytest.mark.usefixtures("_required")
def test_a_key_that_was_shown_in_another_browser_is_never_the_one_that_counts(mia: User) -> None:
    seen_by_a_stranger = at_browser(mia).get(PAGE).context["secret"]
    browser = at_browser(mia)
    secrets = {browser.get(PAGE).context["secret"] for _look in range(2)}
    begun = TOTPDevice.objects.latest("pk")

    browser.post(PAGE, {"code": f"{totp(begun.bin_key):06}"})

    assert seen_by_a_stranger not in secrets
    assert len(secrets) == 1
    assert [app.pk for app in TOTPDevice.objects.all()] == [begun.pk]


@pytest.mark.usefixtures("_required")
def test_a_password_alone_lets_nobody_in_who_has_set_it_up(client: Client, mia: User) -> None:
    has_an_app(mia)

    signed_in = client.post("/admin/login/", {"username": "mia", "password": PASSWORD, "next": ORDERS})
    sent_on = client.get(signed_in.headers["Location"])
    asked = client.get(sent_on.headers["Location"])
    wrong = client.post(PAGE, {"code": "12345", "next": ORDERS})
    right = client.post(PAGE, {"code": code_of(mia), "next": asked.context["next"]})

    assert "qr" not in asked.context
    assert "This code is not right." in words(wrong)
    assert right.headers["Location"] == ORDERS
    assert client.get(ORDERS).status_code == 200


@pytest.mark.usefixtures("_required")
def test_a_code_works_once(mia: User) -> None:
    written = has_an_app(mia)
    code = code_of(mia)

    first, again = (at_browser(mia).post(PAGE, {"code": code}) for _try in range(2))
    by_hand, by_hand_again = (
        at_browser(mia).post(PAGE, {"code": written[3].upper()}, follow=True) for _try in range(2)
    )

    assert (first.status_code, again.status_code) == (302, 200)
    assert "9 recovery codes are left." in words(by_hand)
    assert "This code is not right." in words(by_hand_again)
    assert not StaticToken.objects.filter(token__in=written).exists()


@pytest.mark.usefixtures("_required")
def test_guesses_are_few_also_from_many_browsers_and_end_with_a_right_one(mia: User) -> None:
    has_an_app(mia)
    for _guess in range(TRIES - 1):
        at_browser(mia).post(PAGE, {"code": "a-guess"})
    in_time = at_browser(mia).post(PAGE, {"code": code_of(mia)})
    for _guess in range(TRIES):
        at_browser(mia).post(PAGE, {"code": "a-guess"})

    too_late = at_browser(mia).post(PAGE, {"code": code_of(mia)})

    assert (in_time.status_code, too_late.status_code) == (302, 429)
    assert 0 < int(too_late.headers["Retry-After"]) <= 900


@pytest.mark.usefixtures("_required")
def test_nobody_shows_the_device_of_somebody_else(mia: User) -> None:
    other = make_user("dora", "director")
    has_an_app(mia)
    has_an_app(other)
    TOTPDevice.objects.filter(user=other).update(key="ff" * 20)

    assert at_browser(mia).post(PAGE, {"code": f"{totp(bytes.fromhex('ff' * 20)):06}"}).status_code == 200


def test_where_nobody_has_to_only_who_has_set_it_up_is_asked(mia: User) -> None:
    without = at_browser(mia).get(ORDERS)
    has_an_app(mia)

    asked = at_browser(mia).get(ORDERS)

    assert (without.status_code, asked.status_code) == (200, 302)
    assert asked.headers["Location"].startswith(PAGE)


@pytest.mark.usefixtures("_required")
def test_it_leads_nowhere_but_into_the_shop(mia: User) -> None:
    has_an_app(mia)

    away = at_browser(mia).post(PAGE, {"code": code_of(mia), "next": "https://elsewhere.example/"})

    assert away.headers["Location"] == "/admin/"


def test_a_superuser_resets_it_for_who_lost_their_phone(mia: User) -> None:
    has_an_app(mia)
    root = at_browser(make_user("root", is_superuser=True))
    dialog = reverse("admin:auth_user_reset_second_factor", args=[mia.pk])

    done = fill_in(root, dialog)

    assert done.status_code == 200
    assert devices.app_of(mia) is None
    assert "has not set up a second factor" in html.unescape(root.get(dialog).content.decode())


def test_it_is_reset_from_a_terminal_too(mia: User, capsys: pytest.CaptureFixture[str]) -> None:
    has_an_app(mia)

    call_command("reset_second_factor", "mia")
    call_command("reset_second_factor", "mia")
    with pytest.raises(CommandError, match="nobody"):
        call_command("reset_second_factor", "nobody-at-all")

    assert capsys.readouterr().out == "taken away\nthere was none\n"


def test_operators_are_told_where_a_password_alone_lets_staff_in() -> None:
    with override_settings(REQUIRE_SECOND_FACTOR=True):
        assert asked_for() == []
    assert [warning.id for warning in asked_for()] == ["shop.W001"]
