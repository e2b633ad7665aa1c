"""Temporal's own command line talks to a running order, with JSON as the contract says and no code of ours."""

import json
import subprocess
from typing import Any

import pytest
from temporalio.client import Client

from orders.rules import identifiers
from tests.factories.orders import ask, eventually, order_events, pay, place_order, saga, wait_until
from tests.factories.products import make_product
from tests.serving import BIN


@pytest.fixture
def temporal_cli(worker: Client):
    """Runs `temporal workflow …` against this test's server and returns what it prints."""
    server = ["--address", worker.service_client.config.target_host, "--namespace", worker.namespace]

    def run(*arguments: str) -> str:
        command = [str(BIN / "temporal"), "workflow", *arguments, *server, "--output", "json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def answer(printed: str) -> Any:
    """The result in what the command line printed."""
    said = json.loads(printed)
    return said.get("queryResult", said.get("result"))


def test_an_order_is_asked_changed_shipped_and_asked_again_from_a_terminal(temporal_cli) -> None:
    make_product(price="20.00")
    order = place_order(("TEA", 2))
    wait_until(order, waiting_for="payment")
    workflow = ("--workflow-id", identifiers.order_saga(order.number))

    status = temporal_cli("query", *workflow, "--type", "get_status")
    total = temporal_cli("query", *workflow, "--type", "get_total")
    progress = temporal_cli("query", *workflow, "--type", "get_progress")
    language = temporal_cli("update", "execute", *workflow, "--name", "set_language", "--input", '"de"')
    confirmation = json.dumps({"reference": "transfer-1", "amount": "40.00", "by": "webhook:sandbox"})
    temporal_cli("signal", *workflow, "--name", "confirm_payment", "--input", confirmation)
    wait_until(order, waiting_for="shipment")
    shipping = json.dumps({"carrier": "DHL", "tracking_number": "0034 1", "by": "user:1"})
    temporal_cli("signal", *workflow, "--name", "mark_shipped", "--input", shipping)
    wait_until(order, waiting_for="delivery")
    parcel = ("--workflow-id", identifiers.fulfillment(order.number))
    temporal_cli("signal", *parcel, "--name", "mark_delivered", "--input", '{"by": "user:1"}')
    ask(saga(order).result())
    afterwards = temporal_cli("query", *workflow, "--type", "get_status")

    order.refresh_from_db()
    assert (order.status, order.language, order.shipment.carrier) == ("delivered", "de", "DHL")
    assert answer(status) == ["pending"]
    assert answer(total) == ["40.00"]
    assert answer(progress)[0]["total_amount"] == "40.00"
    assert answer(language) == "en"
    assert answer(afterwards) == ["delivered"]


def test_a_card_payment_and_a_cancellation_work_from_a_terminal_too(temporal_cli) -> None:
    make_product(price="20.00")
    order = place_order()
    wait_until(order, waiting_for="payment")
    workflow = ("--workflow-id", identifiers.order_saga(order.number))
    payment = {"payment_method": "sandbox", "amount": "20.00", "card_token": "tok_visa_123", "by": "user:1"}

    paid = temporal_cli("update", "execute", *workflow, "--name", "process_payment", "--input", json.dumps(payment))
    wait_until(order, waiting_for="shipment")
    request = json.dumps({"reason": "changed_mind", "by": "user:1"})
    cancelled = temporal_cli("update", "execute", *workflow, "--name", "cancel", "--input", request)

    assert answer(paid).startswith("ch_")
    assert answer(cancelled) == "cancelled"


def test_a_terminals_cancellation_of_the_workflow_itself_undoes_the_order(temporal_cli) -> None:
    make_product()
    order = place_order()
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")

    temporal_cli("cancel", "--workflow-id", identifiers.order_saga(order.number))

    wait_until(order, status="cancelled")
    eventually(lambda: "refunded" in order_events(order))
