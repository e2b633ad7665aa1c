"""Orders whose histories nobody can read but the shop, while its keys change."""

import os
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from orders.models import Order
from temporal_app import client
from temporal_app.client.errors import Unavailable
from temporal_app.codec import key_of
from tests.factories.orders import ask, eventually, pay, saga, ship, start_order, told_in, wait_until
from tests.factories.products import make_product
from tests.serving import no_patience
from tests.workflows.encrypted import ours_in, shop_with
from tests.workflows.outside import break_gateway

pytestmark = pytest.mark.usefixtures("transactional_db")
OLD, NEW = {"old": os.urandom(32)}, {"new": os.urandom(32)}


def events(order: Order) -> list[HistoryEvent]:
    return ask(saga(order).fetch_history()).events


def keys_of(order: Order) -> set[str | None]:
    return {key_of(payload) for event in events(order) for payload in ours_in(event)}


def test_nobody_reads_an_encrypted_order_but_the_shop_and_it_goes_on_through_a_change_of_keys(
    temporal: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_product(price="20.00")
    with shop_with(OLD, temporal):
        order = start_order(("TEA", 2))
        wait_until(order, waiting_for="payment")
        assert keys_of(order) == {"old"}
        with monkeypatch.context() as meanwhile, no_patience():
            break_gateway(meanwhile, "capture")
            pay(order)
            eventually(lambda: any(one.last_error for one in client.inspect_order(order.number).activities))
            inspected = client.inspect_order(order.number)
        raw = b"".join(event.SerializeToString() for event in events(order))

    with shop_with(NEW | OLD, temporal):
        wait_until(order, waiting_for="shipment")
        ship(order)
        wait_until(order, waiting_for="delivery")
        client.mark_delivered(order.number, by="user:1")
        assert ask(saga(order).result()) == "delivered"
        assert keys_of(order) == {"old", "new"}
        assert "40.00" in told_in(f"order-saga-{order.number}")

    assert "ProviderUnavailable" in inspected.activities[0].last_error
    assert not [word for word in (b"40.00", b"words:", b"customer:", order.number.encode() + b'"') if word in raw]


def test_an_order_whose_key_is_missing_waits_and_the_log_names_the_key(
    temporal: Client, caplog: pytest.LogCaptureFixture
) -> None:
    make_product(price="20.00")
    with shop_with(OLD, temporal):
        order = start_order(("TEA", 2))
        wait_until(order, waiting_for="payment")

    with shop_with(NEW, temporal):
        with override_settings(ACCEPTED_WITHIN_SECONDS=0.5), pytest.raises(Unavailable):
            client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
        eventually(lambda: "is encrypted with the key 'old', which TEMPORAL_PAYLOAD_KEYS does not name" in caplog.text)

    with shop_with(NEW | OLD, temporal):
        client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
        wait_until(order, status="cancelled")


def rotate_keys() -> tuple[int, str]:
    """What the command says, and its exit code."""
    said = StringIO()
    try:
        call_command("rotate_keys", stdout=said)
    except CommandError as error:
        return error.returncode, f"{said.getvalue()}{error}"
    return 0, said.getvalue()


@pytest.mark.parametrize("number", [4, pytest.param(100, marks=pytest.mark.faults)])
def test_open_orders_notice_nothing_of_a_new_key_and_the_old_one_is_needed_until_they_have_ended(
    temporal: Client, number: int
) -> None:
    make_product(price="20.00")
    with shop_with(OLD, temporal):
        before = [start_order(("TEA", 1)) for _ in range(number)]
        for order in before:
            wait_until(order, waiting_for="payment")
        client.sync_schedule("workflow-watch")

    with shop_with(NEW | OLD, temporal):
        after = start_order(("TEA", 1))
        wait_until(after, waiting_for="payment")
        sagas = {f"order-saga-{order.number}" for order in before}
        eventually(lambda: sagas <= set(client.keys_in_use().get("old", [])))
        needed, again = rotate_keys(), client.encrypt_schedules_anew()
        with override_settings(TEMPORAL_PAYLOAD_KEYS=NEW):
            missing = rotate_keys()
        for order in before:
            pay(order)
            wait_until(order, waiting_for="shipment")
            client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
            wait_until(order, status="cancelled")
        eventually(lambda: rotate_keys()[0] == 0)

    assert needed[0] == 1
    assert "old (reads): " in needed[1]
    assert needed[1].endswith("Still needed: old.")
    assert missing[0] == 2
    assert "old (MISSING): " in missing[1]
    assert again == 0
    with override_settings(TEMPORAL_PAYLOAD_KEYS={}):
        assert "names no key" in rotate_keys()[1]
