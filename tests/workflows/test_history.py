"""What a history holds: little. That it holds nothing about people is in `test_nothing_personal`."""

from collections.abc import AsyncIterator, Callable

import pytest
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from orders.models import Order
from orders.rules import identifiers
from temporal_app import connection
from temporal_app.messages import DeliveryInfo, PaymentConfirmation, ShippingInfo
from temporal_app.workflows.order_fulfillment import OrderFulfillmentWorkflow
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.factories.orders import ask, pay, place_order, saga, wait_until
from tests.factories.products import make_product

AT_MOST = 75


def by_card(order: Order) -> None:
    pay(order)


def by_transfer(order: Order) -> None:
    confirmation = PaymentConfirmation("transfer-1", order.total, "webhook:sandbox")
    ask(saga(order).signal(OrderSagaWorkflow.confirm_payment, confirmation))


def report_shipped(order: Order) -> None:
    ask(saga(order).signal(OrderSagaWorkflow.mark_shipped, ShippingInfo("DHL", "0034 1", "user:1")))


def report_delivered(order: Order) -> None:
    parcel = connection._shared.get_workflow_handle(identifiers.fulfillment(order.number))
    ask(parcel.signal(OrderFulfillmentWorkflow.mark_delivered, DeliveryInfo(by="user:1")))


def deliver(order: Order, pay_by: Callable[[Order], None] = by_card) -> None:
    """From the wait for the money to the doorstep. Machines report; a person's click costs a few more."""
    wait_until(order, waiting_for="payment")
    pay_by(order)
    wait_until(order, waiting_for="shipment")
    report_shipped(order)
    wait_until(order, waiting_for="delivery")
    report_delivered(order)
    assert ask(saga(order).result()) == "delivered"


async def events_of(temporal: Client, *workflow_ids: str) -> AsyncIterator[HistoryEvent]:
    for workflow_id in workflow_ids:
        async for event in temporal.get_workflow_handle(workflow_id).fetch_history_events():
            yield event


@pytest.mark.parametrize("pay_by", [by_card, by_transfer])
def test_an_order_without_approval_takes_few_events_from_checkout_to_delivery(
    worker: Client, pay_by: Callable[[Order], None]
) -> None:
    make_product(price="20.00")
    order = place_order(("TEA", 2))
    deliver(order, pay_by)

    async def count() -> int:
        ids = identifiers.order_saga(order.number), identifiers.fulfillment(order.number)
        return len([event async for event in events_of(worker, *ids)])

    assert ask(count()) <= AT_MOST
