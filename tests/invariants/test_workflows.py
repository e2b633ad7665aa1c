"""The tables say what the workflows say, on a real Temporal; whatever is planted between them is found."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from temporalio.client import Client

from orders.models import ApprovalRequest, Cart, ExpenseRequest, Order
from orders.rules import identifiers
from temporal_app import connection
from temporal_app.invariants import asking, findings
from temporal_app.messages import OrderInput
from temporal_app.queues import Served
from tests import serving
from tests.factories.carts import add, start_cart
from tests.factories.orders import ask, eventually, pay, place_order, saga, ship, wait_until, write_order
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.rows import make_approval
from tests.invariants.forgetful import BrokenWorkflow, ForgetfulWorkflow

NO_GRACE = timedelta(0)
LOST = "lost"


@pytest.fixture
def no_worker(transactional_db: None, temporal: Client) -> Client:
    """A Temporal that nobody serves."""
    return temporal


def make_expense() -> ExpenseRequest:
    """An expense that somebody has filed."""
    return ExpenseRequest.objects.create(
        requester=make_user("erin", "manager"), amount=5, category="x", description="y"
    )


def found(grace: timedelta = NO_GRACE) -> list[tuple[str, str, str, str]]:
    """What is wrong, as (rule, subject, found, wanted)."""

    async def look() -> list[tuple[str, str, str, str]]:
        client = connection._shared
        now = timezone.now()
        return [(f.rule, f.subject, f.found, f.wanted) async for f in findings(client, now=now, grace=grace)]

    return asyncio.run(look())


def carried(order: Order, until: str) -> Order:
    """An order that has got so far."""
    wait_until(order, waiting_for="payment")
    if until in ("shipment", "delivery"):
        pay(order)
        wait_until(order, waiting_for="shipment")
    if until == "delivery":
        ship(order)
        wait_until(order, waiting_for="delivery")
    return order


def settled_to(expected: list[tuple[str, str, str, str]]) -> None:
    """What is found once Temporal's lists have caught up."""
    last: list[list[tuple[str, str, str, str]]] = [[]]

    def is_so() -> bool:
        last[0] = found()
        return last[0] == expected

    try:
        eventually(is_so)
    except AssertionError:
        raise AssertionError(last[0]) from None


@pytest.mark.parametrize("until", ["payment", "shipment", "delivery"])
def test_nothing_is_found_wherever_an_order_waits(worker: Client, until: str) -> None:
    make_product()
    carried(place_order(("TEA", 1)), until)

    settled_to([])


def test_nothing_is_found_while_an_order_and_a_cart_wait_for_people(worker: Client) -> None:
    make_product()
    order = place_order(("TEA", 3))
    wait_until(order, waiting_for="approval")

    settled_to([])


def _terminate(order: Order) -> None:
    ask(saga(order).terminate())


MISSING = {
    "the order's workflow was terminated": (
        _terminate,
        lambda order: ("workflow_runs", f"order-saga-{order.number}", "terminated", "running"),
    ),
    "its row was set back": (
        lambda order: Order.objects.filter(pk=order.pk).update(status="pending", waiting_for="payment"),
        lambda order: ("mirror_agrees", order.number, "pending/payment/100.00", "paid/shipment/100.00"),
    ),
    "its row has another total": (
        lambda order: Order.objects.filter(pk=order.pk).update(total=Decimal("1.00")),
        lambda order: ("mirror_agrees", order.number, "paid/shipment/1.00", "paid/shipment/100.00"),
    ),
    "its row says that it has ended": (
        lambda order: Order.objects.filter(pk=order.pk).update(status="delivered", waiting_for=""),
        lambda order: ("row_is_open", f"order-saga-{order.number}", "running", "ended"),
    ),
}


@pytest.mark.parametrize("name", MISSING)
def test_whatever_tears_an_order_and_its_workflow_apart_is_found(worker: Client, name: str) -> None:
    plant, expected = MISSING[name]
    make_product()
    order = carried(place_order(("TEA", 1)), "shipment")

    plant(order)

    settled_to([expected(order)])


def test_an_order_that_nobody_carries_is_found(worker: Client) -> None:
    make_product()
    order = write_order(("TEA", 1))

    settled_to([("workflow_runs", identifiers.order_saga(order.number), "", "running")])


def test_a_workflow_without_its_row_is_found(worker: Client) -> None:
    cart_id = start_cart()
    make_product()
    add(cart_id)

    Cart.objects.filter(cart_id=cart_id).delete()

    settled_to([("row_is_open", f"cart-{cart_id}", "running", "ended")])


def carry_badly(order: OrderInput, waiting_for: str, until: str) -> None:
    """Have an order carried by somebody who waits for this, until then, and for nothing else."""
    ask(
        connection._shared.start_workflow(
            "OrderSagaWorkflow",
            args=[order, waiting_for, until],
            id=identifiers.order_saga(order.number),
            task_queue=LOST,
        )
    )


@pytest.mark.parametrize(
    ("waiting_for", "until", "why"),
    [("", "", "waits for nothing"), ("payment", "2026-01-01T00:00:00+00:00", "payment was due")],
)
def test_an_order_whose_workflow_waits_for_nothing_that_will_come_is_found(
    worker: Client, waiting_for: str, until: str, why: str
) -> None:
    make_product()
    order = write_order(("TEA", 1))
    Order.objects.filter(number=order.number).update(waiting_for=waiting_for, waiting_until=timezone.now())

    with serving.workers_on(worker, {LOST: Served(workflows=[ForgetfulWorkflow])}):
        carry_badly(order, waiting_for, until)

        eventually(lambda: [one[:2] for one in found()] == [("something_will_come", order.number)])
        assert found()[0][2].startswith(why)


def test_an_order_whose_worker_is_away_is_found(no_worker: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "WITHIN", timedelta(seconds=1))
    make_product()
    order = write_order(("TEA", 1))
    carry_badly(order, "", "")

    settled_to([("workflow_answers", order.number, "", "an answer")])


def test_an_order_whose_workflow_task_fails_again_and_again_is_found(worker: Client) -> None:
    make_product()
    order = write_order(("TEA", 1))

    with serving.workers_on(worker, {LOST: Served(workflows=[BrokenWorkflow])}):
        carry_badly(order, "", "")

        eventually(lambda: [one[:2] for one in found()] == [("something_will_come", order.number)], within=90)
        assert found()[0][2].startswith("workflow task tried ")


def test_an_approval_without_its_workflow_is_found(worker: Client) -> None:
    approval = make_approval(expense=make_expense())

    settled_to([("workflow_runs", f"approval-expense-{approval.expense_id}", "", "running")])


def test_an_approval_that_is_asked_for_and_shows_nowhere_is_found(worker: Client) -> None:
    make_product()
    order = place_order(("TEA", 3))
    wait_until(order, waiting_for="approval")

    ApprovalRequest.objects.update(outcome="approved")

    settled_to([("row_is_open", f"approval-order-{order.number}", "running", "ended")])


def test_an_order_that_only_people_can_settle_needs_no_workflow(worker: Client) -> None:
    make_product()
    order = write_order(("TEA", 1))
    Order.objects.filter(number=order.number).update(status="rollback_incomplete")

    settled_to([])
