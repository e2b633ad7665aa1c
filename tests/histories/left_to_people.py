"""What happens while a history of a failed reversal is recorded."""

import pytest
from temporalio.testing import WorkflowEnvironment

from orders.models import ApprovalPolicy, CompensationFailure
from orders.payments.gateway import ProviderRefused
from orders.rules import actors
from temporal_app import client
from tests.factories.orders import ask, eventually, pay, saga, start_order, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.reversals import decide_on, make_reversal, undone_but
from tests.workflows.outside import break_gateway


def left_to_people(environment: WorkflowEnvironment) -> None:
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")
    with pytest.MonkeyPatch.context() as monkeypatch:
        break_gateway(monkeypatch, "refund", error=ProviderRefused)
        ask(saga(order).signal("cancel_order", {"reason": "changed_mind", "by": "user:1"}))
        wait_until(order, status="rollback_incomplete", skipping=environment)


def reversals_settled(_environment: WorkflowEnvironment) -> None:
    ApprovalPolicy.objects.get_or_create(kind="write_off", from_amount="0.00", defaults={"roles": ["manager"]})
    fiona, mia = make_user("fiona", "finance"), make_user("mia", "manager")
    retried = undone_but("payment")
    by_hand, written_off = make_reversal(retried.order, "shipping"), make_reversal(retried.order, "stock")
    client.retry_compensation(decide_on(retried, fiona, "retry").pk)
    client.settle_compensation(decide_on(by_hand, fiona, "settle", "ticket 17").pk)
    decision = decide_on(written_off, fiona, "write_off", "lost")
    client.ask_to_write_off(decision.pk)
    client.decide("write_off", str(decision.pk), role="manager", approved=True, by=actors.user(mia.pk))
    eventually(lambda: not CompensationFailure.objects.open().exists())
