"""Signing in, in the shop and in the admin: where it leads; guessing is throttled, odd names are only wrong names."""

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.urls import reverse

from tests.views.shopping import words

LOGIN, ADMIN_LOGIN = reverse("login"), reverse("admin:login")
PASSWORD = "right-and-long"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "way"),
    [("/admin/login/", "/admin/"), ("/admin/login/?next=/admin/orders/order/", "/admin/orders/order/")],
)
def test_staff_who_sign_in_to_the_admin_land_there(client: Client, address: str, way: str) -> None:
    User.objects.create_user("sina", password=PASSWORD, is_staff=True)
    form = client.get(address)

    answer = client.post(address, {"username": "sina", "password": PASSWORD, "next": form.context["next"]})
    again = client.get(address)

    assert (answer.status_code, answer["Location"]) == (302, way)
    assert again["Location"] == way


@pytest.mark.django_db
def test_a_customer_who_opens_the_admin_is_told_why_to_sign_in_as_somebody_else(client: Client) -> None:
    client.force_login(User.objects.create_user("alice"))

    page = client.get("/admin/", follow=True)

    assert page.redirect_chain == [("/admin/login/?next=/admin/", 302)]
    assert "Your account may not see that page." in words(page)


@pytest.mark.django_db
def test_a_customer_lands_at_their_orders(client: Client) -> None:
    User.objects.create_user("alice", password=PASSWORD)

    answer = client.post(LOGIN, {"username": "alice", "password": PASSWORD})

    assert answer["Location"] == "/orders/"


@pytest.mark.django_db
def test_staff_who_may_not_see_a_page_find_the_way_back_to_the_admin(client: Client) -> None:
    client.force_login(User.objects.create_user("sina", is_staff=True))

    page = client.get("/admin/auth/user/")

    assert page.status_code == 403
    assert '<a class="button" href="/admin/">To the admin</a>' in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["login", "password_reset", "password_reset_done", "password_reset_complete"])
def test_every_page_of_an_account_is_one_of_the_shops_own(client: Client, page: str) -> None:
    answer = client.get(reverse(page))

    assert answer.status_code == 200
    assert b"<style" not in answer.content
    assert b"style=" not in answer.content


@pytest.mark.django_db
def test_a_page_of_djangos_that_looks_like_the_admin_is_not_there(client: Client) -> None:
    client.force_login(User.objects.create_user("alice"))

    assert client.get("/accounts/password_change/").status_code == 404


@override_settings(AXES_ENABLED=True)
@pytest.mark.django_db
def test_five_wrong_passwords_lock_the_sixth_try_out_with_a_page_that_says_for_how_long(client: Client) -> None:
    User.objects.create_user("alice", password=PASSWORD, is_staff=True)
    wrong = {"username": "alice", "password": "wrong"}
    for _ in range(5):
        answer = client.post(ADMIN_LOGIN, wrong)

    late = client.post(ADMIN_LOGIN, {"username": "alice", "password": PASSWORD})

    assert answer.status_code == late.status_code == 429
    assert late.headers["Retry-After"] == "900"
    assert "15" in late.content.decode()


@override_settings(AXES_ENABLED=True)
@pytest.mark.django_db
def test_bob_is_not_locked_out_because_somebody_guessed_at_alice(client: Client) -> None:
    User.objects.create_user("bob", password=PASSWORD, is_staff=True)
    for _ in range(6):
        client.post(ADMIN_LOGIN, {"username": "alice", "password": "wrong"})

    answer = client.post(ADMIN_LOGIN, {"username": "bob", "password": PASSWORD})

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
