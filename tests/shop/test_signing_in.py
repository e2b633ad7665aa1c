"""Signing in, in the shop and in the admin: guessing is throttled, and odd names are only wrong names."""

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.urls import reverse

LOGIN, ADMIN_LOGIN = reverse("login"), reverse("admin:login")


@override_settings(AXES_ENABLED=True)
@pytest.mark.django_db
def test_five_wrong_passwords_lock_the_sixth_try_out_with_a_page_that_says_for_how_long(client: Client) -> None:
    User.objects.create_user("alice", password="right-and-long", is_staff=True)
    wrong = {"username": "alice", "password": "wrong"}
    for _ in range(5):
        answer = client.post(ADMIN_LOGIN, wrong)

    late = client.post(ADMIN_LOGIN, {"username": "alice", "password": "right-and-long"})

    assert answer.status_code == late.status_code == 429
    assert late.headers["Retry-After"] == "900"
    assert "15" in late.content.decode()


@override_settings(AXES_ENABLED=True)
@pytest.mark.django_db
def test_bob_is_not_locked_out_because_somebody_guessed_at_alice(client: Client) -> None:
    User.objects.create_user("bob", password="right-and-long", is_staff=True)
    for _ in range(6):
        client.post(ADMIN_LOGIN, {"username": "alice", "password": "wrong"})

    answer = client.post(ADMIN_LOGIN, {"username": "bob", "password": "right-and-long"})

    assert answer.status_code == 302


@override_settings(AXES_ENABLED=True)
@pytest.mark.django_db
@pytest.mark.parametrize("address", [LOGIN, ADMIN_LOGIN])
@pytest.mark.parametrize("name", ["x" * 300, "x" * 100_000, "\x00", "alice\x00", "Ä" * 300])
def test_a_name_that_nobody_can_have_is_told_like_any_wrong_one(client: Client, address: str, name: str) -> None:
    answer = client.post(address, {"username": name, "password": "wrong"})

    assert answer.status_code == 200
    assert not answer.wsgi_request.user.is_authenticated


@override_settings(AXES_ENABLED=True)
@pytest.mark.django_db
def test_guessing_with_a_name_that_nobody_can_have_is_throttled_too(client: Client) -> None:
    for _ in range(5):
        answer = client.post(LOGIN, {"username": "x" * 300, "password": "wrong"})

    assert answer.status_code == 429
