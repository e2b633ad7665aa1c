"""What an order's saga says when asked, while it runs and afterwards."""

from decimal import Decimal

import pytest
from temporalio.client import WorkflowUpdateFailedError

from orders.http_status import http_status
from orders.models import Order
from temporal_app import client
from temporal_app.client.errors import Refused
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.factories.orders import ask, eventually, order_events, pay, saga, ship, start_order, wait_until
from tests.factories.products import make_product
from tests.workflows.at_once import in_background
from tests.workflows.outside import slow_gateway

pytestmark = pytest.mark.usefixtures("worker")


def waiting_order() -> Order:
    make_product(price="20.00")
    order = start_order(("TEA", 2))
    wait_until(order, waiting_for="payment")
    return order


def deliver(order: Order) -> None:
    """All the way from payment to doorstep."""
    pay(order)
    wait_until(order, waiting_for="shipment")
    ship(order)
    wait_until(order, waiting_for="delivery")
    client.mark_delivered(order.number, by="user:1")
    assert ask(saga(order).result()) == "delivered"


def wait_for(order: Order, status: str) -> str:
    return ask(saga(order).execute_update(OrderSagaWorkflow.wait_for_status, status))


def code_of(failed: pytest.ExceptionInfo[WorkflowUpdateFailedError]) -> str:
    return failed.value.cause.type


def updates_accepted(order: Order) -> int:
    events = ask(saga(order).fetch_history()).events
    return sum(event.HasField("workflow_execution_update_accepted_event_attributes") for event in events)


def query(order: Order, question: object) -> object:
    return ask(saga(order).query(question))


def test_setting_the_language_answers_the_previous_one() -> None:
    order = waiting_order()

    answers = [client.set_language(order.number, language) for language in ("de", "en", "en", "de")]

    order.refresh_from_db()
    assert answers == ["en", "de", "en", "en"]
    assert order.language == "de"
    assert order_events(order).count("language_set") == 3  # the same choice again is no change


def test_a_language_the_shop_does_not_speak_is_refused() -> None:
    order = waiting_order()

    for language in ("fr", "", "DE", "xx" * 50):
        with pytest.raises(Refused) as refused:
            client.set_language(order.number, language)
        assert (refused.value.code, http_status(refused.value)) == ("unknown_language", 400)

    order.refresh_from_db()
    assert order.language == "en"


def test_mail_after_the_language_was_set_speaks_it(mailoutbox: list) -> None:
    order = waiting_order()
    client.set_language(order.number, "de")

    deliver(order)
    eventually(lambda: not order.notifications.unsent().exists())

    languages = {message.extra_headers["Content-Language"] for message in mailoutbox[-2:]}
    assert languages == {"de"}


def test_waiting_for_a_status_answers_as_soon_as_the_order_has_it() -> None:
    order = waiting_order()

    shipped = in_background(wait_for, order, "shipped")
    pending = wait_for(order, "pending")
    deliver(order)

    assert (pending, shipped.result(timeout=60)) == ("pending", "shipped")


def test_waiting_for_a_status_that_has_passed_answers_the_present_one() -> None:
    order = waiting_order()
    pay(order)
    wait_until(order, waiting_for="shipment")
    ship(order)

    assert wait_for(order, "paid") == "shipped"


def test_waiting_for_a_status_that_never_comes_is_refused_when_that_is_certain() -> None:
    order = waiting_order()

    delivered = in_background(wait_for, order, "delivered")
    cancelled = wait_for(order, "pending")
    client.cancel_order(order.number, reason="changed_mind", by="customer:guest")

    with pytest.raises(WorkflowUpdateFailedError) as failed:
        delivered.result(timeout=60)
    assert (cancelled, code_of(failed)) == ("pending", "status_never")


def test_waiting_for_a_cancellation_of_a_shipped_order_is_refused() -> None:
    order = waiting_order()
    pay(order)
    wait_until(order, waiting_for="shipment")
    ship(order)

    with pytest.raises(WorkflowUpdateFailedError) as failed:
        wait_for(order, "cancelled")

    assert code_of(failed) == "status_never"


def test_however_many_wait_for_a_status_there_is_room_for_who_pays() -> None:
    order = waiting_order()
    waiting = [in_background(wait_for, order, "delivered") for _program in range(5)]
    eventually(lambda: updates_accepted(order) == 5)

    with pytest.raises(WorkflowUpdateFailedError) as failed:
        wait_for(order, "delivered")
    deliver(order)

    assert code_of(failed) == "too_many_wait"
    assert [each.result(timeout=60) for each in waiting] == ["delivered"] * 5


def test_waiting_for_a_status_there_is_not_is_refused() -> None:
    order = waiting_order()

    with pytest.raises(WorkflowUpdateFailedError) as failed:
        wait_for(order, "lost")

    assert code_of(failed) == "unknown_status"


def test_every_query_answers_while_the_order_waits() -> None:
    order = waiting_order()
    # the database says so a moment before the saga has heard it
    eventually(lambda: query(order, OrderSagaWorkflow.get_progress).waiting_for == "payment")

    progress = query(order, OrderSagaWorkflow.get_progress)
    state = query(order, OrderSagaWorkflow.get_full_state)

    assert query(order, OrderSagaWorkflow.get_status) == "pending"
    assert query(order, OrderSagaWorkflow.get_total) == "40.00"
    assert (progress.waiting_for, progress.items_count, progress.total_amount) == ("payment", 1, Decimal("40.00"))
    assert progress.waiting_until == order.waiting_until.replace(microsecond=0).isoformat()
    assert (progress.payment_status, progress.shipping_status) == ("pending", "not shipped")
    assert (state.steps_done, state.steps_undone, state.attempt) == (("stock", "payment"), (), 1)
    assert [one.step for one in query(order, OrderSagaWorkflow.get_pending_operations)] == ["payment"]


def test_pending_operations_name_the_call_that_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    hold = slow_gateway(monkeypatch, "hold")
    make_product()
    order = start_order()
    assert hold.begun.wait(60)

    pending = query(order, OrderSagaWorkflow.get_pending_operations)
    hold.may_go_on.set()

    assert [(one.step, one.id, one.kind, one.attempts) for one in pending] == [
        ("hold_payment", "hold_payment", "step", 1)
    ]
    assert pending[0].since


def test_pending_operations_name_what_a_message_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    charge = slow_gateway(monkeypatch, "charge")
    order = waiting_order()
    paying = in_background(pay, order)
    assert charge.begun.wait(60)

    pending = query(order, OrderSagaWorkflow.get_pending_operations)
    charge.may_go_on.set()
    paying.result(timeout=60)

    assert [(one.step, one.kind) for one in pending] == [("payment", "step"), ("process_payment", "update")]
    assert pending[1].id
    assert pending[1].since
    eventually(lambda: [one.kind for one in query(order, OrderSagaWorkflow.get_pending_operations)] == ["step"])


def test_the_full_state_tells_the_stage_what_was_finished_what_went_wrong_and_the_last_change() -> None:
    order = waiting_order()
    eventually(lambda: query(order, OrderSagaWorkflow.get_progress).waiting_for == "payment")
    waiting = query(order, OrderSagaWorkflow.get_full_state)

    client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
    ask(saga(order).result())
    ended = query(order, OrderSagaWorkflow.get_full_state)

    assert (waiting.stage, waiting.steps_finished) == ("payment", ("reserve_stock", "hold_payment"))
    assert (waiting.errors, ended.stage, ended.errors) == ((), "", ("cancelled",))
    assert ended.steps_finished == ("reserve_stock", "hold_payment", "undo")
    assert ended.last_change >= waiting.last_change > ""


@pytest.mark.sqlite
def test_every_query_still_answers_after_the_order_was_delivered() -> None:
    order = waiting_order()
    deliver(order)

    progress = query(order, OrderSagaWorkflow.get_progress)
    state = query(order, OrderSagaWorkflow.get_full_state)

    assert query(order, OrderSagaWorkflow.get_status) == "delivered"
    assert query(order, OrderSagaWorkflow.get_total) == "40.00"
    assert query(order, OrderSagaWorkflow.get_pending_operations) == []
    assert (progress.payment_status, progress.shipping_status) == ("paid", "shipped via DHL")
    assert (progress.waiting_for, progress.waiting_until) == ("", "")
    assert state.steps_done == ("stock", "payment", "shipping")


def test_every_query_still_answers_after_the_order_was_cancelled() -> None:
    order = waiting_order()
    client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
    ask(saga(order).result())

    progress = query(order, OrderSagaWorkflow.get_progress)
    state = query(order, OrderSagaWorkflow.get_full_state)

    assert query(order, OrderSagaWorkflow.get_status) == "cancelled"
    assert (progress.payment_status, progress.shipping_status) == ("pending", "not shipped")
    assert (state.steps_undone, state.steps_failed) == (("payment", "stock"), ())
    assert state.cancel_reason == "changed_mind"


def test_money_that_was_given_back_is_not_called_paid() -> None:
    order = waiting_order()
    pay(order)
    wait_until(order, waiting_for="shipment")
    client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
    ask(saga(order).result())

    assert query(order, OrderSagaWorkflow.get_progress).payment_status == "returned"


def test_a_shipment_reported_out_of_turn_is_noted_and_changes_nothing() -> None:
    order = waiting_order()

    ask(saga(order).signal("mark_shipped", {"carrier": "DHL", "tracking_number": "1", "by": "user:1"}))
    eventually(lambda: "request_refused" in order_events(order))

    refused = order.timeline.get(kind="request_refused")
    assert (refused.actor, refused.data["request"]) == ("user:1", "mark_shipped")
    assert query(order, OrderSagaWorkflow.get_status) == "pending"


UNREADABLE = [
    ("mark_shipped", {"carrier": 7}),
    ("mark_shipped", "no object"),
    ("confirm_payment", {"reference": "r", "amount": 100.5}),
    ("confirm_payment", {"reference": "r", "amount": "NaN"}),
    ("cancel_order", {}),
    ("no_such_signal", {"a": 1}),
]


def test_signals_that_nobody_can_read_do_not_disturb_the_order() -> None:
    order = waiting_order()

    for message, argument in UNREADABLE:
        ask(saga(order).signal(message, argument))
    deliver(order)

    assert query(order, OrderSagaWorkflow.get_status) == "delivered"
