"""Nobody can use up an order's saga, so that others can no longer pay or cancel."""

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError

from orders.http_status import http_status
from orders.models import Order
from orders.rules.limits import UPDATES_AN_HOUR
from temporal_app import client
from temporal_app.client.errors import Refused
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.factories.orders import ask, pay, place_order, saga, wait_until
from tests.factories.products import make_product


def test_the_same_language_again_is_no_update(worker: Client) -> None:
    make_product(price="20.00")
    order = place_order()
    wait_until(order, waiting_for="payment")

    for _time in range(3):
        assert client.set_language(order.number, "en") == "en"
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        ask(saga(order).execute_update(OrderSagaWorkflow.set_language, "en"))

    assert refused.value.cause.type == "nothing_new"
    assert updates_accepted(order) == 0


def test_who_chooses_a_language_all_the_time_is_stopped_and_others_still_pay(
    worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(UPDATES_AN_HOUR, "set_language", 3)
    make_product(price="20.00")
    order = place_order()
    wait_until(order, waiting_for="payment")
    for language in ("de", "en", "de"):
        client.set_language(order.number, language)

    with pytest.raises(Refused) as refused:
        client.set_language(order.number, "en")
    pay(order)
    wait_until(order, waiting_for="shipment")

    assert (refused.value.code, http_status(refused.value)) == ("too_often", 429)


def updates_accepted(order: Order) -> int:
    events = ask(saga(order).fetch_history()).events
    return sum(event.HasField("workflow_execution_update_accepted_event_attributes") for event in events)
