"""From the paid order to the doorstep, with an alert where it takes too long."""

import asyncio

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from orders.http_status import http_status
from orders.models import Order, Shipment
from orders.rules import identifiers
from orders.rules.approvals import DAY
from temporal_app import client, policies
from temporal_app.client.errors import Refused
from temporal_app.messages import DeliveryInfo, OrderDeadlines, OrderInput, PaymentConfirmation, ShippingInfo
from temporal_app.workflows.order_fulfillment import OrderFulfillmentWorkflow
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.factories.orders import (
    ask,
    assert_as_it_began,
    eventually,
    let_pass,
    order_events,
    pay,
    place_order,
    saga,
    ship,
    start_order,
    stock,
    undone,
    wait_until,
)
from tests.factories.products import make_product
from tests.payments.unreliable import Fault
from tests.workflows.outside import BusyCarrier, use_carrier


def paid_order(skipping: WorkflowEnvironment | None = None) -> Order:
    """An order that waits to be shipped."""
    make_product()
    order = start_order(("TEA", 2)) if skipping else place_order(("TEA", 2))
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment", skipping=skipping)
    return order


@pytest.mark.sqlite
def test_what_is_shipped_leaves_the_stock_and_the_customer_gets_the_tracking_number(worker: Client) -> None:
    order = paid_order()
    reserved = stock()

    ship(order)
    wait_until(order, status="shipped", waiting_for="delivery")

    shipment = Shipment.objects.get(order=order)
    assert (reserved, stock()) == ({"TEA": (1000, 2)}, {"TEA": (998, 0)})
    assert (shipment.state, shipment.carrier, shipment.tracking_number) == ("shipped", "DHL", "0034 1")
    assert order.reservations.get().state == "shipped"
    assert order.timeline.get(kind="shipped").actor == "user:1"
    assert order.notifications.filter(kind="order_shipped").count() == 1


def test_shipped_twice_is_shipped_once_and_the_first_report_counts(worker: Client) -> None:
    order = paid_order()

    for tracking_number in ("0034 1", "0034 2"):
        report = ShippingInfo("DHL", tracking_number, by="user:1")
        ask(saga(order).signal(OrderSagaWorkflow.mark_shipped, report))
    wait_until(order, status="shipped")

    assert stock() == {"TEA": (998, 0)}
    assert Shipment.objects.get().tracking_number == "0034 1"


def test_an_order_is_delivered_when_somebody_says_so(worker: Client) -> None:
    order = paid_order()
    ship(order)
    wait_until(order, waiting_for="delivery")

    client.mark_delivered(order.number, by="user:2")
    ending = ask(saga(order).result())

    order.refresh_from_db()
    assert (ending, order.status, order.waiting_for) == ("delivered", "delivered", "")
    assert order.timeline.get(kind="delivered").actor == "user:2"
    assert order.ended_at is not None
    assert order.shipment.state == "delivered"
    assert order.notifications.filter(kind="order_delivered").count() == 1


def test_shipped_in_the_moment_the_fulfilment_begins_is_shipped(worker: Client) -> None:
    make_product(price="20.00")
    orders = [start_order() for _order in range(10)]
    shipping = ShippingInfo("DHL", "0034 1", by="user:1")

    async def ship_at_once(order: Order) -> None:
        handle = worker.get_workflow_handle_for(OrderSagaWorkflow.run, identifiers.order_saga(order.number))
        await handle.signal(OrderSagaWorkflow.confirm_payment, PaymentConfirmation("transfer", order.total, "system"))
        await handle.execute_update(OrderSagaWorkflow.wait_for_status, "paid")
        await handle.signal(OrderSagaWorkflow.mark_shipped, shipping)

    async def ship_all() -> None:
        await asyncio.gather(*(ship_at_once(order) for order in orders))

    ask(ship_all())

    for order in orders:
        wait_until(order, waiting_for="delivery")


def test_delivered_before_it_was_shipped_is_not_heard(worker: Client) -> None:
    order = paid_order()
    parcel = worker.get_workflow_handle_for(OrderFulfillmentWorkflow.run, identifiers.fulfillment(order.number))

    ask(parcel.signal(OrderFulfillmentWorkflow.mark_delivered, DeliveryInfo(by="user:9")))
    ship(order)
    wait_until(order, waiting_for="delivery")
    client.mark_delivered(order.number, by="user:2")
    ask(saga(order).result())

    assert order.timeline.get(kind="delivered").actor == "user:2"


def test_an_order_counts_as_delivered_three_days_after_it_was_shipped(skipping_worker: WorkflowEnvironment) -> None:
    order = paid_order(skipping_worker)
    ship(order)
    wait_until(order, waiting_for="delivery")

    let_pass(skipping_worker, 3 * DAY - 600)
    order.refresh_from_db()
    almost = order.status
    let_pass(skipping_worker, 1200)
    wait_until(order, status="delivered")

    assert almost == "shipped"
    assert order.timeline.get(kind="delivered").actor == "system"


def test_operations_are_alerted_every_thirty_days_and_shipping_works_all_the_same(
    skipping_worker: WorkflowEnvironment,
) -> None:
    order = paid_order(skipping_worker)
    let_pass(skipping_worker, 29 * DAY)
    alerts = [order_events(order).count("shipment_late")]
    for _month in range(2):
        let_pass(skipping_worker, 30 * DAY)
        alerts.append(order_events(order).count("shipment_late"))

    ship(order)
    wait_until(order, status="shipped")

    assert alerts == [0, 1, 2]
    assert order.notifications.filter(kind="shipment_late", recipient="operations").count() == 2


def test_a_parcel_that_never_leaves_is_given_up_after_a_year_and_the_money_goes_back(
    skipping_worker: WorkflowEnvironment,
) -> None:
    order = paid_order(skipping_worker)

    let_pass(skipping_worker, 30 * DAY * policies.LATE_SHIPMENT_ALERTS)
    wait_until(order, status="cancelled", skipping=skipping_worker)

    assert order.timeline.latest("id").data["code"] == "shipment_deadline"
    assert undone(order) == ["shipping_cancelled", "refunded", "stock_released"]
    assert_as_it_began(order, {"TEA": (1000, 0)})


@pytest.mark.parametrize("fault", [Fault.BEFORE, Fault.AFTER])
def test_a_carrier_that_fails_twice_is_asked_again_and_books_once(
    skipping_worker: WorkflowEnvironment, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier = BusyCarrier(fault, "book", times=2)
    use_carrier(monkeypatch, carrier)

    order = paid_order(skipping_worker)

    assert carrier.bookings == {order.shipment.booking}


def test_only_what_waits_to_be_shipped_can_be_marked_shipped(worker: Client) -> None:
    make_product()
    order = place_order()
    wait_until(order, waiting_for="payment")

    with pytest.raises(Refused) as refused:
        ship(order)

    assert (refused.value.code, http_status(refused.value)) == ("not_waiting_for_shipment", 409)


def test_only_what_was_shipped_can_be_marked_delivered(worker: Client) -> None:
    order = paid_order()

    with pytest.raises(Refused) as refused:
        client.mark_delivered(order.number, by="user:1")

    assert refused.value.code == "illegal_transition"


def test_the_execution_timeout_is_longer_than_all_waits_and_undoing(worker: Client) -> None:
    make_product()
    order = place_order()

    started = ask(saga(order).fetch_history()).events[0].workflow_execution_started_event_attributes

    waits = OrderDeadlines()
    all_waits = waits.payment + waits.shipment * policies.LATE_SHIPMENT_ALERTS + waits.delivery_after
    undoing = 10 * 30 + 3600
    assert started.workflow_execution_timeout.ToSeconds() > all_waits + 3 * undoing


def test_the_timeout_grows_with_every_wait() -> None:
    base = policies.saga_timeout(OrderInput("ORD-2026-000001", "1.00", 1))

    for name in ("payment", "extension", "shipment", "delivery_after"):
        longer = OrderDeadlines(**{name: getattr(OrderDeadlines(), name) + DAY})
        assert policies.saga_timeout(OrderInput("ORD-2026-000001", "1.00", 1, deadlines=longer)) > base


def test_a_saga_ends_with_its_order(worker: Client) -> None:
    order = paid_order()
    client.cancel_order(order.number, reason="changed_mind", by="customer:guest")

    eventually(lambda: ask(saga(order).describe()).close_time)


def test_that_a_parcel_arrived_is_in_the_history_before_it_is_in_the_database(worker: Client) -> None:
    order = paid_order()
    ship(order)
    wait_until(order, waiting_for="delivery")

    client.mark_delivered(order.number, by="user:1")

    kinds = [event.event_type for event in fulfillment_events(worker, order)]
    accepted = kinds.index(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED)
    assert EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED in kinds[accepted:]


def fulfillment_events(temporal: Client, order: Order) -> list[HistoryEvent]:
    history = ask(temporal.get_workflow_handle(identifiers.fulfillment(order.number)).fetch_history())
    return list(history.events)
