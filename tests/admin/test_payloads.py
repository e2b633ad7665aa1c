"""Temporal's pages ask the shop to decrypt payloads, for operators who are signed in to its admin."""

import asyncio
import base64
import json
import os
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from temporalio.api.common.v1 import Payload

from orders.admin.payloads import LARGEST_BODY
from shop.sessions import SEEN
from temporal_app.codec import EncryptionCodec
from tests.admin.browsing import at_browser

KEYS = {"now": os.urandom(32)}
TEMPORALS = "https://temporal.example.org"
ADDRESS = "/admin/codec/decode"


@pytest.fixture(autouse=True)
def encrypted(settings: Any) -> None:
    settings.TEMPORAL_PAYLOAD_KEYS = KEYS
    settings.TEMPORAL_UI_URL = f"{TEMPORALS}/ui"


def body(keys: dict[str, bytes] = KEYS) -> dict[str, Any]:
    """What Temporal's pages send: a payload of a history, as JSON."""
    payload = Payload(metadata={"encoding": b"json/plain"}, data=b'"ORD-2026-000001"')
    (sealed,) = asyncio.run(EncryptionCodec(keys).encode([payload]))
    metadata = {name: base64.b64encode(value).decode() for name, value in sealed.metadata.items()}
    return {"payloads": [{"metadata": metadata, "data": base64.b64encode(sealed.data).decode()}]}


def ask(browser: Client, sent: Any, origin: str = TEMPORALS) -> HttpResponse:
    return browser.post(ADDRESS, sent, content_type="application/json", headers={"Origin": origin})


def test_an_operator_reads_what_a_payload_holds(fritz: User) -> None:
    assert reverse("admin:decode-payloads") == ADDRESS
    with_csrf_checks = Client(enforce_csrf_checks=True)
    with_csrf_checks.force_login(fritz)

    answer = ask(with_csrf_checks, body())

    (payload,) = answer.json()["payloads"]
    assert base64.b64decode(payload["data"]) == b'"ORD-2026-000001"'
    assert base64.b64decode(payload["metadata"]["encoding"]) == b"json/plain"
    assert answer.headers["Access-Control-Allow-Origin"] == TEMPORALS
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert "no-store" in answer.headers["Cache-Control"]


def test_temporals_own_pages_may_ask_and_no_others(fritz: User) -> None:
    before = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-namespace"}

    allowed = Client().options(ADDRESS, headers={"Origin": TEMPORALS, **before})
    strange = [
        Client().options(ADDRESS, headers={"Origin": "https://evil.example", **before}),
        ask(at_browser(fritz), body(), origin="https://evil.example"),
        ask(at_browser(fritz), body(), origin="null"),
    ]

    assert (allowed.status_code, allowed.content) == (204, b"")
    assert allowed.headers["Access-Control-Allow-Headers"] == "Content-Type, X-Namespace"
    assert "Origin" in allowed.headers["Vary"]
    assert [answer.status_code for answer in strange] == [403, 403, 403]
    assert not [answer for answer in strange if "Access-Control-Allow-Origin" in answer.headers]


def test_whoever_is_no_operator_or_not_signed_in_reads_nothing(sina: User) -> None:
    answers = [ask(Client(), body()), ask(at_browser(sina), body())]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert not [answer for answer in answers if b"payloads" in answer.content]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("no json", 400),
        ("[" * 100_000, 400),
        (json.dumps({"payloads": [{"data": 5}]}), 400),
        (json.dumps({"orders": []}), 400),
        (b"\xff\xfe", 400),
        (" " * (LARGEST_BODY + 1), 413),
        (" " * (3 * LARGEST_BODY), 413),
    ],
    ids=["no JSON", "nested", "a number", "something else", "no UTF-8", "too large", "far too large"],
)
def test_what_cannot_be_read_is_refused(fritz: User, sent: str | bytes, status: int) -> None:
    assert ask(at_browser(fritz), sent).status_code == status


def test_a_missing_key_is_named(fritz: User) -> None:
    answer = ask(at_browser(fritz), body({"before": os.urandom(32)}))

    assert answer.status_code == 422
    assert "encrypted with the key 'before'" in answer.json()["message"]


def test_pages_of_temporal_that_are_left_open_keep_nobody_signed_in(fritz: User) -> None:
    browser = at_browser(fritz)
    session = browser.session
    session[SEEN] = 1
    session.save()

    ask(browser, body())

    assert browser.session[SEEN] == 1
