"""A shop with keys of a test's own, and what others find in its histories."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.test import override_settings
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from temporal_app import connection
from temporal_app.codec import payloads_in
from tests.factories.orders import ask
from tests.serving import workers_on


@contextmanager
def shop_with(keys: dict[str, bytes], temporal: Client) -> Iterator[Client]:
    """The web and the workers of a shop that has these keys, in the same namespace."""
    with override_settings(TEMPORAL_PAYLOAD_KEYS=keys):
        target = temporal.service_client.config.target_host
        ours = ask(connection.connect(target_host=target, namespace=temporal.namespace))
        connection.use(ours)
        try:
            with workers_on(ours):
                yield ours
        finally:
            connection.use(temporal)


def ours_in(event: HistoryEvent) -> list[Payload]:
    """What our code wrote into an event, and not Temporal: its notes in a marker, and search attributes, which have a
    type and hold the names of patches."""
    marker = event.marker_recorded_event_attributes
    is_marker = event.HasField("marker_recorded_event_attributes")
    parts = [marker.details["result"], marker.failure] if is_marker else [event]
    return [payload for part in parts for payload in payloads_in(part) if "type" not in payload.metadata]
