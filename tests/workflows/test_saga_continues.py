"""An order whose history has become long goes on in a new run, wherever it waits, and nobody notices."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from orders.models import Order
from orders.rules import actors
from orders.rules.approvals import DAY
from orders.shipping.carrier import CarrierRefused
from temporal_app import client, policies
from temporal_app.client.errors import Refused
from temporal_app.messages import PaymentConfirmation
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.factories.orders import (
    CARD,
    ask,
    assert_as_it_began,
    eventually,
    ledger,
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
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.histories.going_on import order_that_goes_on
from tests.payments.unreliable import Fault
from tests.workflows.at_once import in_background
from tests.workflows.outside import BusyCarrier, Slow, use_carrier
from tests.workflows.test_cart_continues import impatient_worker as impatient_worker

GUEST = "customer:guest"
MANY = 2  # updates after which a run ends in these tests


@pytest.fixture(autouse=True)
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of a saga ends after two updates."""
    monkeypatch.setattr(policies, "MOST_UPDATES", MANY)


@pytest.fixture
def manager(transactional_db: None) -> str:
    """Who approves."""
    return actors.user(make_user("mia", "manager").pk)


def run_of(order: Order) -> str:
    return ask(saga(order).describe()).run_id


def repeat(order: Order, *, times: int = MANY) -> None:
    """What an outsider may repeat."""
    order.refresh_from_db()
    for _time in range(times):
        order.refresh_from_db()
        client.set_language(order.number, "de" if order.language == "en" else "en")


def continue_as_new(order: Order) -> None:
    """Repeat it until the saga goes on in a new run."""
    before = run_of(order)
    repeat(order)
    eventually(lambda: run_of(order) != before)


def order_that_waits_for(step: str, manager: str, *, continuing: str = "") -> Order:
    """An order that has come so far, and has gone on in a new run on the way while it waited for `continuing`."""
    make_product()
    order = place_order(("TEA", 3))  # 300.00, which a manager approves
    ways: dict[str, Callable[[], object]] = {
        "approval": lambda: client.decide("order", order.number, role="manager", approved=True, by=manager),
        "payment": lambda: pay(order),
        "shipment": lambda: ship(order),
        "delivery": lambda: client.mark_delivered(order.number, by="user:1"),
    }
    for waits_for, go_on in ways.items():
        wait_until(order, waiting_for=waits_for)
        if waits_for == continuing:
            continue_as_new(order)
        if waits_for == step:
            return order
        go_on()
    wait_until(order, status="delivered")
    return order


STEPS = ["approval", "payment", "shipment", "delivery"]


@pytest.mark.parametrize("step", STEPS)
def test_an_order_that_goes_on_in_a_new_run_is_delivered(worker: Client, manager: str, step: str) -> None:
    order = order_that_waits_for("the end", manager, continuing=step)

    assert ask(saga(order).result()) == "delivered"
    assert stock() == {"TEA": (997, 0)}
    assert ledger(order) == [("captured", order.total, 0)]
    events = order_events(order)
    assert [events.count(event) for event in ("approved", "paid", "shipped", "delivered", "completed")] == [1] * 5


UNDONE = {
    "approval": ["stock_released"],
    "payment": ["hold_released", "stock_released"],
    "shipment": ["shipping_cancelled", "refunded", "stock_released"],
}


@pytest.mark.parametrize("step", UNDONE)
def test_an_order_that_goes_on_in_a_new_run_can_be_cancelled_and_everything_is_undone(
    worker: Client, manager: str, step: str
) -> None:
    order = order_that_waits_for(step, manager, continuing=step)

    status = client.cancel_order(order.number, reason="changed_mind", by=GUEST)

    assert status == "cancelled"
    assert undone(order) == UNDONE[step]
    assert_as_it_began(order, {"TEA": (1000, 0)})
    assert order.approval.outcome == ("withdrawn" if step == "approval" else "approved")


def test_a_parcel_that_left_before_the_saga_went_on_can_not_be_cancelled(worker: Client, manager: str) -> None:
    order = order_that_waits_for("delivery", manager, continuing="delivery")

    with pytest.raises(Refused) as refused:
        client.cancel_order(order.number, reason="late", by=GUEST)

    assert refused.value.code == "too_late_to_cancel"


def test_a_rejection_is_heard_by_the_new_run(worker: Client, manager: str) -> None:
    order = order_that_waits_for("approval", manager, continuing="approval")

    client.decide("order", order.number, role="manager", approved=False, comment="no", by=manager)
    wait_until(order, status="cancelled")

    last = order.timeline.latest("id")
    assert (last.data["code"], last.actor) == ("rejected", manager)
    assert_as_it_began(order, {"TEA": (1000, 0)})


def test_an_order_that_grows_after_the_saga_went_on_is_approved_as_it_is_then(worker: Client, manager: str) -> None:
    order = order_that_waits_for("approval", manager, continuing="approval")

    client.add_order_item(order.number, sku="TEA", quantity=1, by=GUEST)
    eventually(lambda: "approval_changed" in order_events(order))
    client.decide("order", order.number, role="manager", approved=True, by=manager)
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")

    assert ledger(order) == [("captured", order.total, 0)]
    assert order.total == 400


def test_a_booking_that_fails_after_the_saga_went_on_undoes_the_order(
    worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier = BusyCarrier(Fault.BEFORE, "book", error=CarrierRefused)
    booking = Slow(carrier.book)
    monkeypatch.setattr(carrier, "book", booking)
    use_carrier(monkeypatch, carrier)
    make_product()
    order = place_order()
    wait_until(order, waiting_for="payment")
    pay(order)
    assert booking.begun.wait(60)
    continue_as_new(order)

    booking.may_go_on.set()
    wait_until(order, status="cancelled")

    assert order.timeline.latest("id").data["code"] == "failed"
    assert_as_it_began(order, {"TEA": (1000, 0)})


def test_the_time_to_pay_does_not_begin_anew_with_a_run(skipping_worker: WorkflowEnvironment) -> None:
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")
    let_pass(skipping_worker, 13 * DAY)
    continue_as_new(order)

    let_pass(skipping_worker, DAY + 3600)
    wait_until(order, status="cancelled", skipping=skipping_worker)

    assert order.timeline.latest("id").data["code"] == "payment_deadline"


def test_money_that_came_before_it_was_asked_for_is_not_forgotten_between_two_runs(
    worker: Client, manager: str
) -> None:
    order = order_that_waits_for("approval", manager)
    early = PaymentConfirmation("transfer-1", order.total, "webhook:sandbox")
    ask(saga(order).signal(OrderSagaWorkflow.confirm_payment, early))
    continue_as_new(order)

    client.decide("order", order.number, role="manager", approved=True, by=manager)

    wait_until(order, waiting_for="shipment")


def test_an_update_that_is_sent_again_to_the_next_run_is_answered_as_before_and_has_one_effect(worker: Client) -> None:
    make_product(price="20.00")
    order = place_order(("TEA", 1))
    wait_until(order, waiting_for="payment")
    adding = {"sku": "TEA", "quantity": 2, "by": GUEST, "request_id": uuid4().hex}
    paying = {"payment_method": "sandbox", "card_token": CARD, "by": GUEST, "request_id": uuid4().hex}

    first = client.add_order_item(order.number, **adding)
    wait_until(order, waiting_for="payment")
    continue_as_new(order)
    again = client.add_order_item(order.number, **adding)
    eventually(lambda: order.payments.filter(state="held", amount=first.total).exists())
    transaction = client.pay(order.number, amount=first.total, **paying)
    wait_until(order, waiting_for="shipment")
    continue_as_new(order)

    assert client.pay(order.number, amount=first.total, **paying) == transaction
    assert again == first
    assert stock() == {"TEA": (1000, 3)}


def test_who_waits_for_a_status_when_a_run_ends_is_asked_to_ask_again(worker: Client) -> None:
    make_product(price="20.00")
    order = place_order()
    wait_until(order, waiting_for="payment")
    waiting = in_background(lambda: ask(saga(order).execute_update(OrderSagaWorkflow.wait_for_status, "delivered")))

    continue_as_new(order)

    with pytest.raises(WorkflowUpdateFailedError) as failed:
        waiting.result(timeout=60)
    assert failed.value.cause.type == "ask_again"


def test_a_saga_goes_on_as_often_as_it_takes(worker: Client, manager: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "MOST_UPDATES", 1)
    order = order_that_waits_for("approval", manager)

    runs = {run_of(order)}
    for _time in range(5):
        repeat(order, times=1)
        eventually(lambda: run_of(order) not in runs)
        runs.add(run_of(order))
    client.decide("order", order.number, role="manager", approved=True, by=manager)
    wait_until(order, waiting_for="payment")

    assert len(runs) == 6


def test_the_server_says_when_a_history_is_long(impatient_worker: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # as many updates as in life

    order_that_goes_on(None)

    order = Order.objects.get()
    runs = ask(runs_of(impatient_worker, order))
    assert (order.status, len(runs) > 1) == ("delivered", True)


async def runs_of(temporal: Client, order: Order) -> list[str]:
    listed = temporal.list_workflows(f"WorkflowId = '{saga(order).id}'")
    return [run.run_id async for run in listed]
