"""One client for the process; a server that is away is named quickly."""

import asyncio
import time

import pytest
from temporalio.client import Client
from temporalio.service import RPCError

from temporal_app import connection
from tests.serving import NOT_FOR_EVER


async def test_an_absent_server_is_named_within_three_seconds(temporal_away: None) -> None:
    begun = time.monotonic()

    with pytest.raises(connection.NotConnected):
        await connection.get_client()

    assert time.monotonic() - begun < NOT_FOR_EVER


async def test_the_environment_names_the_server(temporal: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.service_client.config.target_host)
    connection.reset()

    client = await connection.get_client()

    assert await client.service_client.check_health()
    assert connection.address() == temporal.service_client.config.target_host


def test_one_client_serves_all_event_loops(temporal: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.service_client.config.target_host)
    connection.reset()

    first, second = asyncio.run(connection.get_client()), asyncio.run(connection.get_client())

    assert first is second
    assert asyncio.run(second.service_client.check_health())


async def test_a_server_that_goes_away_later_is_noticed_within_three_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.serving import start_dev_server

    environment = await start_dev_server()
    monkeypatch.setenv("TEMPORAL_ADDRESS", environment.client.service_client.config.target_host)
    connection.reset()
    client = await connection.get_client()
    await environment.shutdown()
    begun = time.monotonic()

    with pytest.raises(RPCError):
        await client.get_workflow_handle("anything").describe()

    assert time.monotonic() - begun < NOT_FOR_EVER
    connection.reset()
