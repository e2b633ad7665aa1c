"""The process's connection to Temporal: one client, made at first use, shared by all threads and event loops."""

import asyncio
from typing import Any

from django.conf import settings
from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.envconfig import ClientConfig
from temporalio.service import RetryConfig

from temporal_app.converter import converter_with

DEFAULT_ADDRESS = "localhost:7233"
DEFAULT_NAMESPACE = "default"
CONNECT_SECONDS = 2.5
# A person waits for the answer: a dead server is named within 3 seconds, retries included.
IMPATIENT = RetryConfig(
    initial_interval_millis=100, max_interval_millis=500, max_elapsed_time_millis=2_000, max_retries=5
)

_shared: Client | None = None


class NotConnected(ConnectionError):
    """The Temporal server does not answer."""


async def connect(**overrides: Any) -> Client:
    """
    A new client for the server that the `TEMPORAL_*` variables name (by default `localhost:7233`).

    Keyword arguments go to `Client.connect` and win over the environment. Raises NotConnected if the server does not
    answer within 2.5 seconds.
    """
    config: dict[str, Any] = {"target_host": DEFAULT_ADDRESS, "data_converter": data_converter()}
    config |= ClientConfig.load_client_connect_config()
    config |= overrides
    try:
        return await asyncio.wait_for(Client.connect(**config), CONNECT_SECONDS)
    except (RuntimeError, TimeoutError) as error:
        raise NotConnected from error


def data_converter() -> DataConverter:
    """How values cross the wire, encrypted where `TEMPORAL_PAYLOAD_KEYS` names keys."""
    return converter_with(settings.TEMPORAL_PAYLOAD_KEYS)


def address() -> str:
    """Where Temporal is expected, `host:port`."""
    return ClientConfig.load_client_connect_config().get("target_host", DEFAULT_ADDRESS)


def namespace() -> str:
    """The namespace that this process works in."""
    return ClientConfig.load_client_connect_config().get("namespace", DEFAULT_NAMESPACE)


async def get_client() -> Client:
    """The shared client. Raises NotConnected if there is none yet and the server does not answer."""
    global _shared
    if _shared is None:
        # two callers may both get here; either client serves, and a lock held while waiting could block a loop
        _shared = await connect(retry_config=IMPATIENT)
    return _shared


def use(client: Client) -> None:
    """Make everybody in this process talk through `client` from now on."""
    global _shared
    _shared = client


def reset() -> None:
    """Forget the shared client; the next caller connects anew."""
    global _shared
    _shared = None
