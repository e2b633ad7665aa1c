"""How often strangers may try passwords, new passwords and carts, by name and by network; nobody does it for others."""

from threading import BoundedSemaphore

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse
from temporalio.testing import ActivityEnvironment

from orders.models import Notification
from orders.views import visitor
from orders.views.origin import client_address, network
from orders.views.throttle import TooMany
from shop import signing_in
from temporal_app import client
from temporal_app.activities.notifications import send_notifications
from temporal_app.client.errors import Unavailable
from tests.factories.people import PASSWORD
from tests.factories.products import make_product

pytestmark = pytest.mark.django_db
LOGIN, RESET = reverse("login"), reverse("password_reset")


def guess(name: str, password: str = "wrong", *, browser: Client | None = None, address: str = "192.0.2.1") -> int:
    """The status of a try at the door."""
    browser = browser or Client()
    return browser.post(LOGIN, {"username": name, "password": password}, REMOTE_ADDR=address).status_code


@override_settings(WRONG_PASSWORDS_PER_ADDRESS=3)
def test_an_address_that_guessed_too_often_waits_whatever_name_it_tries_next() -> None:
    tries = [guess(f"name{number}") for number in range(4)]

    assert tries == [200, 200, 200, 429]
    assert guess("name9", address="192.0.2.2") == 200


@override_settings(WRONG_PASSWORDS_PER_NAME=3)
def test_who_guesses_at_a_name_from_everywhere_does_not_lock_its_owner_out() -> None:
    User.objects.create_user("admin", password=PASSWORD)
    at_home = Client()
    guess("admin", PASSWORD, browser=at_home, address="192.0.2.99")
    at_home.post(reverse("logout"))

    tries = [guess("admin", address=f"192.0.2.{number}") for number in range(4)]

    assert tries == [200, 200, 200, 429]
    assert guess("admin", PASSWORD, browser=at_home, address="192.0.2.99") == 302


def test_what_a_guest_ordered_does_not_pass_to_whoever_signs_in_next() -> None:
    User.objects.create_user("bob", password=PASSWORD)
    browser = Client()
    session = browser.session
    session[visitor.ORDERS] = ["ORD-2026-000001"]
    session.save()

    guess("bob", PASSWORD, browser=browser)

    assert visitor.ORDERS not in browser.session


@override_settings(RESETS_PER_NAME=2, RESETS_PER_ADDRESS=4, SHOP_BASE_URL="https://shop.example")
def test_new_passwords_go_through_the_outbox_are_few_and_lead_to_the_shops_own_address(temporal_away: None) -> None:
    User.objects.create_user("alice", "alice@example.test", PASSWORD)
    asked = [
        Client().post(RESET, {"email": "alice@example.test"}, headers={"Host": "testserver:666"}).status_code
        for _time in range(5)
    ]

    assert asked == [302, 302, 302, 302, 429]
    assert not mail.outbox
    assert Notification.objects.filter(kind="password_reset").count() == 2
    ActivityEnvironment().run(send_notifications)
    assert "https://shop.example/accounts/reset/" in mail.outbox[0].body
    assert "666" not in mail.outbox[0].body


def test_whoever_has_an_account_is_told_when_its_password_changes_and_not_when_it_is_made(temporal_away: None) -> None:
    alice = User.objects.create_user("alice", "alice@example.test", PASSWORD)
    alice.date_joined = alice.date_joined.replace(year=2020)
    made = Notification.objects.count()

    alice.set_password("another long one")
    alice.save()

    assert (made, Notification.objects.get().kind) == (0, "password_changed")
    ActivityEnvironment().run(send_notifications)
    assert "/accounts/password_reset/" in mail.outbox[0].body


@pytest.mark.parametrize(
    ("hops", "forwarded", "counts"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
        (1, "", "192.0.2.1"),
        (2, "198.51.100.7", "192.0.2.1"),
        (1, "nonsense", "0.0.0.0"),
    ],
)
def test_only_what_the_last_trusted_proxy_has_seen_counts(hops: int, forwarded: str, counts: str, settings) -> None:
    settings.TRUSTED_PROXIES = hops

    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="192.0.2.1")

    assert client_address(request) == counts


def test_one_line_of_version_6_is_one_customer_however_many_addresses_it_has() -> None:
    assert network("2001:db8:0:1:dead::1") == network("2001:db8:0:1::2") != network("2001:db8:0:2::2")
    assert network("::ffff:192.0.2.1") == "192.0.2.1"


def test_a_form_sent_again_begins_the_same_cart_and_new_ones_are_throttled(settings) -> None:
    settings.NEW_CARTS_PER_ADDRESS = 3

    def cart_of_a_stranger(form_id: str) -> str:
        request = RequestFactory().post("/cart/items/")
        request.session = Client().session
        return visitor.cart_id(request, form_id)

    first, again, other = cart_of_a_stranger("a" * 32), cart_of_a_stranger("a" * 32), cart_of_a_stranger("b" * 32)

    assert first == again != other
    with pytest.raises(TooMany) as refused:
        cart_of_a_stranger("c" * 32)
    assert 0 < refused.value.wait <= 3601


def test_a_cart_that_nobody_answered_for_is_begun_again_as_the_same_and_too_many_are_refused_with_a_time(
    settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_product("TEA")
    settings.NEW_CARTS_PER_ADDRESS = 2
    asked: list[str] = []

    def away(cart_id: str, **_told: object) -> None:
        asked.append(cart_id)
        raise Unavailable

    monkeypatch.setattr(client, "add_to_cart", away)
    form = {"sku": "TEA", "quantity": 1, "request_id": "a" * 32}

    answers = [Client().post("/cart/items/", form) for _again in range(3)]

    assert [answer.status_code for answer in answers] == [503, 503, 429]
    assert asked == [asked[0]] * 2
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_only_so_many_passwords_are_checked_at_once_and_who_waits_too_long_is_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    all_taken = BoundedSemaphore(1)
    all_taken.acquire()
    monkeypatch.setattr(signing_in, "_hashing", all_taken)
    monkeypatch.setattr(signing_in, "HASHING_WAITS", 0.0)

    answer = Client().post(LOGIN, {"username": "alice", "password": PASSWORD})
    all_taken.release()

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert guess("alice") == 200
