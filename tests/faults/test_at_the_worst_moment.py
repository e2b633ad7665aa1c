"""What comes at the worst moment: money too early, a parcel too late, two cancellations at once."""

from decimal import Decimal

import pytest
from temporalio.client import Client

from orders.models import Order, PaymentEvent
from orders.rules import actors
from orders.rules.order_events import OrderEvent
from temporal_app import client
from temporal_app.activities.stock import reserve_stock
from temporal_app.messages import OrderDeadlines, OrderStep, ShippingInfo
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.factories.orders import (
    ask,
    assert_as_it_began,
    eventually,
    order_events,
    pay,
    saga,
    ship,
    start_order,
    start_saga,
    stock,
    wait_until,
    write_order,
)
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.serving import workers_on
from tests.workflows.at_once import in_background
from tests.workflows.cancelling import by_signal, by_temporals_own_cancellation
from tests.workflows.outside import BusyCarrier, Slow, slow_gateway, use_carrier

pytestmark = pytest.mark.faults


def report_paid(order: Order, provider: str = "sandbox") -> PaymentEvent:
    """A provider says that the money for an order is there."""
    payment_event = PaymentEvent.objects.create(
        provider=provider,
        event_id=f"evt-{order.number}",
        order_number=order.number,
        status="paid",
        amount=order.total,
        currency="EUR",
        reference=f"transfer-{order.number}",
        reported_by=actors.webhook(provider),
    )
    client.match_payment_event(payment_event.pk)
    return payment_event


def test_money_that_came_before_it_was_asked_for_goes_to_a_person_when_the_order_is_rejected(worker: Client) -> None:
    mia = make_user("mia", "manager")
    make_product()
    order = start_order(("TEA", 3))
    wait_until(order, waiting_for="approval")
    payment_event = report_paid(order)
    eventually(lambda: ask(saga(order).query(OrderSagaWorkflow.get_progress)).payment_status == "confirmed")

    client.decide("order", order.number, role="manager", approved=False, comment="too much", by=actors.user(mia.pk))
    wait_until(order, status="cancelled")

    payment_event.refresh_from_db()
    assert (payment_event.outcome, payment_event.reason) == ("unmatched", "after_cancellation")
    assert OrderEvent.PAYMENT_MISMATCH in order_events(order)


def test_money_that_came_early_pays_for_the_order_once_it_is_approved(worker: Client) -> None:
    mia = make_user("mia", "manager")
    make_product()
    order = start_order(("TEA", 3))
    wait_until(order, waiting_for="approval")
    payment_event = report_paid(order)
    eventually(lambda: ask(saga(order).query(OrderSagaWorkflow.get_progress)).payment_status == "confirmed")

    client.decide("order", order.number, role="manager", approved=True, by=actors.user(mia.pk))
    wait_until(order, status="paid")

    payment_event.refresh_from_db()
    assert payment_event.outcome == "matched"
    assert order.payments.get().state == "captured"


def test_a_cancellation_that_comes_after_the_parcel_left_stops_nothing(worker: Client) -> None:
    make_product()
    order = start_order(deadlines=OrderDeadlines(delivery_after=2))
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")
    ship(order)
    wait_until(order, status="shipped")

    by_temporals_own_cancellation(order)
    answer = ask(saga(order).result())

    order.refresh_from_db()
    assert (answer, order.status, order_events(order)[-1]) == ("delivered", "delivered", "completed")
    assert order.ended_at is not None


def test_a_parcel_reported_as_sent_while_the_order_is_being_undone_stays_undone_and_the_report_is_kept(
    worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier = BusyCarrier()
    taking_back = Slow(carrier.cancel)
    monkeypatch.setattr(carrier, "cancel", taking_back)
    use_carrier(monkeypatch, carrier)
    make_product()
    before = stock()
    order = start_order()
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")
    by_temporals_own_cancellation(order)
    assert taking_back.begun.wait(10)

    ask(saga(order).signal(OrderSagaWorkflow.mark_shipped, ShippingInfo("DHL", "0034 1", by="user:1")))
    taking_back.may_go_on.set()
    ask(saga(order).result())

    refused = order.timeline.get(kind=OrderEvent.REQUEST_REFUSED)
    order.refresh_from_db()
    assert (order.status, stock()) == ("cancelled", before)
    assert (refused.actor, refused.data) == ("user:1", {"request": "mark_shipped"})


def test_cancelled_by_its_customer_and_by_an_operator_at_once_everything_is_undone_all_the_same(
    worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    charge = slow_gateway(monkeypatch, "charge")
    make_product()
    before = stock()
    order = start_order()
    wait_until(order, waiting_for="payment")
    paying = in_background(pay, order)
    assert charge.begun.wait(10)
    by_signal(order)
    eventually(lambda: ask(saga(order).query(OrderSagaWorkflow.get_full_state)).cancel_reason)

    by_temporals_own_cancellation(order)
    charge.may_go_on.set()
    wait_until(order, status="cancelled")

    assert paying.result().startswith("ch_")
    assert_as_it_began(order, before)


def test_goods_reserved_by_a_worker_that_died_before_it_could_say_so_are_given_back_to_a_cancelled_order(
    no_worker_yet: Client,
) -> None:
    make_product()
    before = stock()
    start = write_order()
    order = Order.objects.get(number=start.number)
    reserve_stock(OrderStep(order.number))
    start_saga(start)
    by_signal(order)

    with workers_on(no_worker_yet):
        wait_until(order, status="cancelled")

    assert_as_it_began(order, before)


def test_a_second_payment_for_a_paid_order_goes_to_a_person(worker: Client) -> None:
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, status="paid")

    payment_event = report_paid(order)
    eventually(lambda: PaymentEvent.objects.get(pk=payment_event.pk).outcome != "received")

    payment_event.refresh_from_db()
    assert (payment_event.outcome, payment_event.reason) == ("unmatched", "second_payment")
    assert order.payments.get().amount == Decimal("100.00")
