"""The pages for when something is wrong: they ask neither the session nor the database."""

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import translation
from django.views import defaults

from orders.views import catalogue
from tests.views.shopping import words


@pytest.mark.parametrize("page", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html", "503.html"])
def test_an_error_page_needs_no_database_and_says_how_to_go_on(page: str) -> None:
    shown = render_to_string(page)

    assert "<h1>" in shown
    assert "To the catalogue" in shown


def test_an_error_page_speaks_german_too() -> None:
    with translation.override("de"):
        assert "Hier ist nichts" in render_to_string("404.html")


def test_a_fault_of_ours_is_a_page_without_details() -> None:
    answer = defaults.server_error(RequestFactory().get("/"))

    assert answer.status_code == 500
    assert "Something went wrong on our side" in words(answer)


@pytest.mark.django_db
def test_a_fault_in_a_view_is_answered_by_that_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise ValueError("a secret of the machine room")

    monkeypatch.setattr(catalogue, "_matching", broken)

    answer = Client(raise_request_exception=False).get("/")

    assert answer.status_code == 500
    assert "Something went wrong on our side" in words(answer)
    assert "secret" not in words(answer)


@pytest.mark.django_db
def test_an_address_nobody_knows_is_not_found(client: Client) -> None:
    answer = client.get("/no/such/page")

    assert answer.status_code == 404
    assert "There is nothing here" in words(answer)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/?q=%00", "/products/%00/", "/?page=%00", "/?category=" + "x" * 5000])
def test_odd_bytes_in_an_address_do_no_harm(client: Client, address: str) -> None:
    assert client.get(address).status_code in (200, 400, 404)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/cart/items/", {"sku": "TEA\x00", "quantity": "1\x00"}),
        ("/checkout/", {"cart": "\x00", "name": "\x00"}),
        ("/accounts/login/", {"username": "\x00", "password": "\x00"}),
    ],
)
def test_odd_bytes_in_a_form_do_no_harm(client: Client, address: str, fields: dict) -> None:
    assert client.post(address, fields).status_code in (200, 400, 404, 409)
