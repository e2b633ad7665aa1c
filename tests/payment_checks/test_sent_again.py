"""What a person or the bank has said is carried out once, however often it is sent, and whatever was under way."""

from collections.abc import Callable

import pytest
from temporalio.client import Client

from orders.models import Order, PaymentNotice
from orders.models.exceptions import ExceptionState
from temporal_app import client, names
from tests import serving
from tests.payment_checks.making import report, waiting_order, write_decision
from tests.payments.making import make_notice
from tests.workflows.making import ask, eventually, make_product, ship, wait_until


def test_a_decision_is_carried_out_although_the_workflow_of_an_earlier_one_has_not_ended(
    transactional_db: None, temporal: Client
):
    notice = make_notice(None)
    notice.settle("exception", "unknown_order")
    first = write_decision(notice, "ignore")
    client.settle_exception(first.pk)  # nobody is there to carry it out
    first.end(ExceptionState.REFUSED, at=first.decided_at)

    second = write_decision(notice, "ignore")
    client.settle_exception(second.pk)
    with serving.workers_on(temporal):
        eventually(lambda: PaymentNotice.objects.get(pk=notice.pk).outcome == "settled")

    second.refresh_from_db()
    assert second.state == "done"


def test_a_decision_that_was_broken_off_is_carried_out_when_it_is_sent_again(transactional_db: None, temporal: Client):
    notice = make_notice(None)
    notice.settle("exception", "unknown_order")
    decision = write_decision(notice, "ignore")
    client.settle_exception(decision.pk)
    ask(temporal.get_workflow_handle(names.payment_exception(decision.pk)).terminate())

    with serving.workers_on(temporal):
        decision = client.settle_exception(decision.pk)

    assert decision.state == "done"


@pytest.mark.parametrize("send", [client.take_notice, client.report_payment])
def test_a_word_about_money_that_has_been_used_is_no_other_payment(worker: Client, send: Callable[[int], object]):
    make_product(price="20.00")
    order = waiting_order(("TEA", 1))
    notice = report(order)
    deliver(order)
    workflow = worker.get_workflow_handle(names.payment_intake(notice.pk))
    first = ask(workflow.describe()).run_id

    send(notice.pk)

    assert ask(workflow.describe()).run_id == first
    assert PaymentNotice.objects.get().outcome == "matched"


def deliver(order: Order) -> None:
    """To the doorstep, where its saga ends."""
    wait_until(order, waiting_for="shipment")
    ship(order)
    wait_until(order, status="shipped")
    client.mark_delivered(order.number, by="user:1")
    wait_until(order, status="delivered")
