"""What every answer says about itself: policy headers and static files; and what a log record does not say."""

import logging

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient, Client
from django.urls import reverse

from shop.logs import DiscreetLine

ADMIN_LOGIN = reverse("admin:login")


@pytest.mark.django_db
def test_pages_run_no_inline_script_and_load_nothing_from_elsewhere(client: Client) -> None:
    policy = client.get("/healthz").headers["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    for nothing in ("frame-ancestors", "object-src", "base-uri"):
        assert f"{nothing} 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.django_db
def test_nobody_guesses_what_a_page_holds_or_learns_from_where_somebody_came(client: Client) -> None:
    headers = client.get("/").headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.django_db
def test_no_cookie_goes_along_with_what_another_site_sends(client: Client) -> None:
    User.objects.create_user("alice", password="correct horse")
    client.get(ADMIN_LOGIN)
    client.post("/accounts/login/", {"username": "alice", "password": "correct horse"})
    client.post("/i18n/setlang/", {"language": "de"})

    assert {"sessionid", "csrftoken", "signed_in_before", "django_language"} <= set(client.cookies)
    assert {cookie["samesite"] for cookie in client.cookies.values()} == {"Lax"}
    assert client.cookies["sessionid"]["httponly"]


@pytest.mark.django_db
def test_the_admin_alone_may_evaluate_its_templates_expressions(client: Client) -> None:
    policy = client.get(ADMIN_LOGIN).headers["Content-Security-Policy"]

    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "default-src 'self'" in policy


async def test_static_files_are_served_under_asgi(async_client: AsyncClient) -> None:
    answer = await async_client.get("/static/django_htmx/htmx-2.min.js")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert b"htmx" in answer.content


async def test_a_missing_static_file_is_not_found(async_client: AsyncClient) -> None:
    answer = await async_client.get("/static/no/such.js")

    assert answer.status_code == 404


def test_a_log_record_is_one_line_without_addresses_or_tokens() -> None:
    message = "Not Found: /orders/ORD-2026-000123/s3cr3t-t0ken-of-16-and-more/ for eve@example.org\nand so on"
    record = logging.LogRecord("django", logging.WARNING, __file__, 1, message, None, None)

    line = DiscreetLine().format(record)

    assert "\n" not in line
    assert "example.org" not in line
    assert "s3cr3t" not in line
    assert "ORD-2026-000123" in line
