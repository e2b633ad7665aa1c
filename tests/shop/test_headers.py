"""What every answer says about itself: policy headers, static files, too many passwords."""

import logging

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient, Client, override_settings
from django.urls import reverse

from shop.logs import DiscreetLine

ADMIN_LOGIN = reverse("admin:login")


@pytest.mark.django_db
def test_pages_run_no_inline_script_and_load_nothing_from_elsewhere(client: Client) -> None:
    policy = client.get("/healthz").headers["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


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


def test_a_log_record_is_one_line_without_addresses_or_tokens() -> None:
    message = "Not Found: /orders/ORD-2026-000123/s3cr3t-t0ken-of-16-and-more/ for eve@example.org\nand so on"
    record = logging.LogRecord("django", logging.WARNING, __file__, 1, message, None, None)

    line = DiscreetLine().format(record)

    assert "\n" not in line
    assert "example.org" not in line
    assert "s3cr3t" not in line
    assert "ORD-2026-000123" in line
