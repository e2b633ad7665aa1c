"""Orders whose histories nobody can read but the shop, while its keys change."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.test import override_settings
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from orders.models import Order
from temporal_app import client, connection
from temporal_app.client.errors import Unavailable
from temporal_app.codec import key_of, payloads_in
from tests.factories.orders import ask, eventually, pay, saga, ship, start_order, told_in, wait_until
from tests.factories.products import make_product
from tests.serving import no_patience, workers_on
from tests.workflows.outside import break_gateway

OLD, NEW = {"old": os.urandom(32)}, {"new": os.urandom(32)}
Shop = Callable[[dict[str, bytes]], object]


@pytest.fixture
def shop_with(transactional_db: None, temporal: Client, settings: object) -> Iterator[Shop]:
    """The web and the workers of a shop that has these keys."""

    @contextmanager
    def start(keys: dict[str, bytes]) -> Iterator[None]:
        settings.TEMPORAL_PAYLOAD_KEYS = keys
        target = temporal.service_client.config.target_host
        ours = ask(connection.connect(target_host=target, namespace=temporal.namespace))
        connection.use(ours)
        with workers_on(ours):
            yield

    yield start
    connection.use(temporal)


def events(order: Order) -> list[HistoryEvent]:
    return ask(saga(order).fetch_history()).events


def of_people(event: HistoryEvent) -> list[Payload]:
    """What an event holds that our code wrote; in a marker, Temporal's own notes stand beside it."""
    marker = event.marker_recorded_event_attributes
    ours = [marker.details["result"], marker.failure] if event.HasField("marker_recorded_event_attributes") else [event]
    return [payload for part in ours for payload in payloads_in(part)]


def keys_of(order: Order) -> set[str | None]:
    return {key_of(payload) for event in events(order) for payload in of_people(event)}


def test_nobody_reads_an_encrypted_order_but_the_shop_and_it_goes_on_through_a_change_of_keys(
    shop_with: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_product(price="20.00")
    with shop_with(OLD):
        order = start_order(("TEA", 2))
        wait_until(order, waiting_for="payment")
        assert keys_of(order) == {"old"}
        with monkeypatch.context() as meanwhile, no_patience():
            break_gateway(meanwhile, "capture")
            pay(order)
            eventually(lambda: any(one.last_error for one in client.inspect_order(order.number).activities))
            inspected = client.inspect_order(order.number)
        raw = b"".join(event.SerializeToString() for event in events(order))

    with shop_with(NEW | OLD):
        wait_until(order, waiting_for="shipment")
        ship(order)
        wait_until(order, waiting_for="delivery")
        client.mark_delivered(order.number, by="user:1")
        assert ask(saga(order).result()) == "delivered"
        assert keys_of(order) == {"old", "new"}
        assert "40.00" in told_in(f"order-saga-{order.number}")

    assert "ProviderUnavailable" in inspected.activities[0].last_error
    assert not [word for word in (b"40.00", b"tok_", b"customer:", order.number.encode() + b'"') if word in raw]


def test_an_order_whose_key_is_missing_waits_and_the_log_names_the_key(
    shop_with: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    make_product(price="20.00")
    with shop_with(OLD):
        order = start_order(("TEA", 2))
        wait_until(order, waiting_for="payment")

    with shop_with(NEW):
        with override_settings(ACCEPTED_WITHIN_SECONDS=0.5), pytest.raises(Unavailable):
            client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
        eventually(lambda: "is encrypted with the key 'old', which TEMPORAL_PAYLOAD_KEYS does not name" in caplog.text)

    with shop_with(NEW | OLD):
        client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
        wait_until(order, status="cancelled")
