"""An order of which a step could not be undone is over for its workflow, and cancelled once people have settled it."""

import pytest
from temporalio.client import WorkflowUpdateStage
from temporalio.testing import WorkflowEnvironment

from orders.models import CompensationFailure, Order
from orders.payments.gateway import ProviderRefused
from temporal_app import client
from temporal_app.messages import CancelRequest
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.factories.orders import ask, money_kept, pay, saga, start_order, stock, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.reversals import decide_on
from tests.workflows.outside import break_gateway, mend_gateway

ACCEPTED = {"wait_for_stage": WorkflowUpdateStage.ACCEPTED}


@pytest.fixture
def paid(skipping_worker: WorkflowEnvironment) -> Order:
    """A paid order that waits to be shipped."""
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")
    return order


def test_everybody_who_waits_is_told_that_it_is_not_undone_completely(
    paid: Order, skipping_worker: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_gateway(monkeypatch, "refund", error=ProviderRefused)
    order = saga(paid)
    waits = ask(order.start_update(OrderSagaWorkflow.wait_for_status, "cancelled", **ACCEPTED))
    cancels = ask(order.start_update(OrderSagaWorkflow.cancel, CancelRequest("changed_mind", "user:1"), **ACCEPTED))

    wait_until(paid, status="rollback_incomplete", skipping=skipping_worker)

    told = [ask(waits.result()), ask(cancels.result()), ask(order.result()), ask(order.query("get_status"))]
    assert told == ["rollback_incomplete"] * 4
    assert ask(order.query(OrderSagaWorkflow.get_full_state)).steps_failed == ("payment",)
    assert client.cancel_order(paid.number, reason="changed_mind", by="user:1") == "rollback_incomplete"


@pytest.mark.sqlite
def test_an_order_that_people_settle_ends_as_if_all_had_been_undone_at_once(
    paid: Order, skipping_worker: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = sum(reservation.quantity for reservation in paid.reservations.all())
    before = {sku: (on_hand, reserved - held) for sku, (on_hand, reserved) in stock().items()}
    break_gateway(monkeypatch, "refund", error=ProviderRefused)
    ask(saga(paid).signal("cancel_order", {"reason": "changed_mind", "by": "user:1"}))
    wait_until(paid, status="rollback_incomplete", skipping=skipping_worker)
    failure = CompensationFailure.objects.get()
    mend_gateway(monkeypatch)

    client.retry_compensation(decide_on(failure, make_user("fiona", "finance"), "retry").pk)

    wait_until(paid, status="cancelled", skipping=skipping_worker)
    failure.refresh_from_db()
    ended = paid.timeline.get(kind="cancelled")
    assert failure.state == "undone"
    assert ended.data == {"code": "cancelled", "reason": "changed_mind"}
    assert (stock(), money_kept(paid)) == (before, 0)
