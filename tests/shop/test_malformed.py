"""Requests that cannot be read are answered 400, whoever sends them and whichever view they are for."""

import pytest
from django.contrib.auth import get_user_model
from django.test import AsyncClient, Client

from tests.views.shopping import words


@pytest.fixture
def somebody() -> Client:
    """A browser as in life: with the shop's cookie, without seeing the faults of our machine room."""
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.cookies["csrftoken"] = "a" * 32
    return browser


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "/?q=%00",
        "/?category=Tea%00",
        "/?page=%00",
        "/?%00=1",
        "/products/%00/",
        "/orders/ORD-2026-000001/%00/",
        "/accounts/login/?next=/%00",
        "/admin/orders/order/?q=%00",
        "/admin/orders/product/?category=%00",
        "/no/such/page%00",
        "/static/%00.css",
    ],
)
def test_a_nul_in_an_address_is_a_bad_request(somebody: Client, address: str) -> None:
    somebody.force_login(get_user_model().objects.create_superuser("ada"))

    answer = somebody.get(address)

    assert answer.status_code == 400
    assert "That request could not be read" in words(answer)


@pytest.mark.django_db
async def test_a_nul_is_refused_under_asgi_as_well(async_client: AsyncClient) -> None:
    answer = await async_client.get("/?q=%00")

    assert answer.status_code == 400
    assert "That request could not be read" in words(answer)


@pytest.mark.django_db
def test_a_percent_sign_before_two_zeros_is_no_nul(client: Client) -> None:
    assert client.get("/", {"q": "%00"}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    "address", ["/cart/items/", "/checkout/", "/accounts/login/", "/i18n/setlang/", "/admin/login/", "/no/such/page"]
)
def test_a_form_in_another_alphabet_is_a_bad_request(settings, somebody: Client, address: str, debug: bool) -> None:
    settings.DEBUG = debug

    answer = somebody.post(address, "sku=TEA", content_type="application/x-www-form-urlencoded; charset=utf-16")

    assert answer.status_code == 400
    assert "That request could not be read" in words(answer)


@pytest.mark.django_db
@pytest.mark.parametrize("alphabet", ["utf-16", "latin-1"])
@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "application/json"])
def test_so_is_whatever_else_is_not_in_utf_8(somebody: Client, kind: str, alphabet: str) -> None:
    answer = somebody.get("/?q=%41", headers={"Content-Type": f"{kind}; charset={alphabet}"})

    assert answer.status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("alphabet", ["utf-8", "UTF-8", "no-such-alphabet"])
def test_utf_8_is_what_everybody_may_say(somebody: Client, alphabet: str) -> None:
    answer = somebody.get("/?q=%41", headers={"Content-Type": f"text/plain; charset={alphabet}"})

    assert answer.status_code == 200
