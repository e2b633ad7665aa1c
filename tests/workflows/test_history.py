"""What a history holds: little, and nothing about people."""

import json
from collections.abc import AsyncIterator, Callable
from decimal import Decimal

import pytest
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from orders.models import Order
from orders.rules import actors, identifiers
from temporal_app import client, connection
from temporal_app.messages import CartItem, DeliveryInfo, PaymentConfirmation, ShippingInfo
from temporal_app.workflows.order_fulfillment import OrderFulfillmentWorkflow
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.factories.orders import ADDRESS, ask, eventually, pay, place_order, saga, wait_until
from tests.factories.people import make_user
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


async def all_that_is_kept(temporal: Client) -> str:
    """Every id, input, result, marker and failure of every workflow on this server, as text."""
    texts = []
    async for execution in temporal.list_workflows():
        history = temporal.get_workflow_handle(execution.id, run_id=execution.run_id).fetch_history_events()
        texts += [event.SerializeToString().decode(errors="replace") async for event in history]
        texts.append(execution.raw_info.SerializeToString().decode(errors="replace"))
    return "\n".join(texts)


def test_no_history_holds_a_name_an_address_or_an_e_mail(worker: Client) -> None:
    mia = make_user("mia", "manager")
    mia.first_name, mia.last_name = "Miamaria", "Managerova"
    mia.save()
    make_product("TEA")
    make_product("FEW", on_hand=1)
    delivered = place_order(("TEA", 1), ("FEW", 1))
    deliver(delivered)
    approved = place_order(("TEA", 3))
    wait_until(approved, waiting_for="approval")
    client.decide("order", approved.number, role="manager", approved=True, by=actors.user(mia.pk))
    wait_until(approved, waiting_for="payment")
    client.add_order_item(approved.number, sku="TEA", quantity=1, by="customer:guest")
    client.cancel_order(approved.number, reason="changed_mind", by="customer:guest")
    client.order_again("9" * 32, items=[CartItem("TEA", 1)])
    eventually(lambda: Order.objects.filter(status="cancelled").exists())

    kept = ask(all_that_is_kept(worker))

    words = [*ADDRESS.values(), "Alice", "Obere", "mia@example.org", "Miamaria", "Managerova"]
    spelt = {spelling for word in words for spelling in (word, json.dumps(word)[1:-1])}
    assert delivered.number in kept
    assert str(Decimal("100.00")) in kept
    assert [word for word in spelt if word in kept] == []
