"""Money that comes while an order is being undone is called what it is, and finance may place the order anew."""

import pytest
from temporalio.client import Client

from orders.models import Order
from orders.reconciliation.unmatched import ways_out
from orders.rules.status import OrderStatus
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.factories.orders import ask, eventually, order_events, saga, start_order, wait_until
from tests.factories.products import make_product
from tests.factories.unmatched import report, resolve
from tests.workflows.cancelling import by_signal
from tests.workflows.outside import slow_gateway


def test_money_between_a_cancellation_and_the_undoing_came_after_the_cancellation_and_reopens_the_order(
    worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = slow_gateway(monkeypatch, "hold")
    make_product(price="20.00")
    order = start_order()
    assert hold.begun.wait(60)
    by_signal(order)  # taken by the saga, which does not undo anything before the call under way has ended
    eventually(lambda: ask(saga(order).query(OrderSagaWorkflow.get_full_state)).cancel_reason)

    payment_event = report(order_number=order.number, amount=order.total, reference="Statement 12")
    eventually(lambda: becomes_unmatched(payment_event))
    named, offered = payment_event.reason, ways_out(payment_event)
    order.refresh_from_db()
    undoing_had_begun = order.undo_started_at is not None
    hold.may_go_on.set()
    wait_until(order, status="cancelled")
    anew = Order.objects.get(number=resolve(payment_event, "reopen").result)
    wait_until(anew, waiting_for="shipment")

    assert not undoing_had_begun
    assert named == "after_cancellation"
    assert "reopen" in offered
    assert (payment_event.order_number, payment_event.outcome) == (anew.number, "matched")
    assert order.status == OrderStatus.CANCELLED
    assert order_events(anew)[1] == "placed_anew"


def becomes_unmatched(payment_event: object) -> bool:
    payment_event.refresh_from_db()
    return payment_event.outcome == "unmatched"
