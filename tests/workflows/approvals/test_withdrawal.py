"""An order that is cancelled while it waits for approval asks nobody any more, whatever is under way just then."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from temporalio.api.enums.v1 import EventType

from orders.http_status import http_status
from orders.models import ApprovalRequest, Order
from orders.rules import identifiers
from temporal_app import client, connection
from tests.factories.approvals import (
    People,
    approval_of,
    begin_approval,
    decide,
    decisions,
    levels,
    refusal_of_decision,
    row,
    start_approval,
)
from tests.factories.orders import ask, eventually, start_order, stock, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.rows import make_order

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def order() -> Order:
    """It waits for a manager and a director."""
    make_product()
    order = start_order(("TEA", 15))
    wait_until(order, waiting_for="approval")
    return order


def cancel(order: Order) -> str:
    return client.cancel_order(order.number, reason="other", by="customer:guest")


def happened(order: Order) -> list[str]:
    """The events in the history of an order's approval."""
    handle = connection._shared.get_workflow_handle(identifiers.approval("order", order.number))
    return [
        EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in ask(handle.fetch_history()).events
    ]


@contextmanager
def held_up(order: Order) -> Iterator[None]:
    """Nobody can write to the order's approval meanwhile; on SQLite, to anything."""
    with transaction.atomic():
        ApprovalRequest.objects.select_for_update().get(order=order)
        yield


def test_a_cancelled_order_asks_nobody_any_more(order: Order):
    alice = make_user("alice", "manager")

    cancel(order)
    wait_until(order, status="cancelled")

    assert (row(order).outcome, row(order).ended_at is not None) == ("withdrawn", True)
    assert http_status(refusal_of_decision(order, alice)) == 409
    assert (decisions(order), stock()) == ([], {"TEA": (1_000, 0)})


def test_a_decision_is_in_the_history_before_it_takes_effect(order: Order):
    alice = make_user("alice", "manager")

    with People(1) as pool, held_up(order):
        deciding = pool.submit(decide, order, alice)
        eventually(lambda: "WORKFLOW_EXECUTION_UPDATE_ACCEPTED" in happened(order))
        assert not decisions(order)

    assert deciding.result().levels["manager"] == "approved"
    assert levels(order)["manager"] == "approved"


def test_a_decision_under_way_when_the_order_is_cancelled_still_counts(order: Order):
    alice = make_user("alice", "manager")

    with People(2) as pool:
        with held_up(order):
            deciding = pool.submit(decide, order, alice, approved=False, comment="too much")
            eventually(lambda: "WORKFLOW_EXECUTION_UPDATE_ACCEPTED" in happened(order))
            cancelling = pool.submit(cancel, order)
            eventually(lambda: "WORKFLOW_EXECUTION_CANCEL_REQUESTED" in happened(order))
        assert deciding.result().outcome == "rejected"
        cancelling.result()

    wait_until(order, status="cancelled")
    assert (row(order).outcome, len(decisions(order))) == ("rejected", 1)
    assert order.timeline.get(kind="cancelled").data["code"] == "cancelled"


def test_a_cancellation_is_heard_while_the_approval_is_being_opened():
    order = make_order()

    with transaction.atomic():
        Order.objects.locked(order.number)
        approval = begin_approval(approval_of(order))
        eventually(lambda: "WORKFLOW_TASK_STARTED" in happened(order))
        time.sleep(0.2)  # in the middle of opening
        ask(approval.cancel())
        eventually(lambda: "WORKFLOW_EXECUTION_CANCEL_REQUESTED" in happened(order))

    assert ask(approval.result()).outcome == "withdrawn"
    assert row(order) is None or row(order).outcome == "withdrawn"


def test_a_decision_under_way_at_the_deadline_still_counts():
    order, alice = make_order(), make_user("alice", "manager")
    approval = start_approval(order, deadline_seconds=2)

    with People(1) as pool, held_up(order):
        deciding = pool.submit(decide, order, alice)
        eventually(lambda: "WORKFLOW_EXECUTION_UPDATE_ACCEPTED" in happened(order))
        eventually(lambda: "TIMER_FIRED" in happened(order))

    assert ask(approval.result()).outcome == "approved"
    assert decisions(order) == [(1, "manager", True, "alice")]
    assert deciding.result().outcome == "approved"
