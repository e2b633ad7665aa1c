"""The two pages that load balancers ask."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from django.db import DatabaseError
from django.test import AsyncClient as AsyncBrowser
from django.test import Client as Browser
from temporalio.client import Client

from shop import health
from temporal_app import connection as temporal_connection
from tests.serving import NOT_FOR_EVER


@pytest.fixture
def silent_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Something listens where Temporal should, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{server.getsockname()[1]}")
        temporal_connection.reset()
        yield
    temporal_connection.reset()


def test_the_process_is_up_without_database_or_temporal(client: Browser) -> None:
    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.django_db
def test_ready_when_database_and_temporal_answer(client: Browser, temporal: Client) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "temporal": "ok"}


@pytest.mark.django_db
def test_not_ready_without_temporal_and_says_so(client: Browser, temporal_away: None) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "database": "ok", "temporal": "missing"}


@pytest.mark.django_db
def test_a_temporal_that_hangs_is_named_within_three_seconds(client: Browser, silent_server: None) -> None:
    begun = time.monotonic()

    answer = client.get("/readyz")

    assert answer.json()["temporal"] == "missing"
    assert time.monotonic() - begun < NOT_FOR_EVER


@pytest.mark.django_db
def test_not_ready_without_the_database_and_says_so(
    client: Browser, temporal: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(health, "_ask_database", refuse)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "database": "missing", "temporal": "ok"}


async def test_a_database_that_hangs_is_named_within_three_seconds(
    async_client: AsyncBrowser, temporal: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = threading.Event()
    monkeypatch.setattr(health, "_ask_database", hangs.wait)

    answer = await async_client.get("/readyz")
    hangs.set()

    assert answer.json()["database"] == "missing"


def test_only_reading_is_allowed(client: Browser) -> None:
    assert client.post("/healthz").status_code == 405
    assert client.post("/readyz").status_code == 405
