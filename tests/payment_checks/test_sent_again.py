"""What a person or the bank has said is carried out once, however often it is sent, and whatever was under way."""

from collections.abc import Callable

import pytest
from temporalio.client import Client

from orders.models import Order, PaymentEvent
from orders.rules import identifiers
from orders.rules.states import ResolutionState
from temporal_app import client
from tests import serving
from tests.factories.orders import ask, eventually, ship, wait_until
from tests.factories.payments import make_payment_event
from tests.factories.products import make_product
from tests.factories.unmatched import report, waiting_order, write_decision


def test_a_decision_is_carried_out_although_the_workflow_of_an_earlier_one_has_not_ended(
    transactional_db: None, temporal: Client
):
    payment_event = make_payment_event(None)
    payment_event.move_to("unmatched", "unknown_order")
    first = write_decision(payment_event, "ignore")
    with serving.no_patience():
        client.resolve_payment(first.pk)  # nobody is there to carry it out
    first.move_to(ResolutionState.REFUSED, at=first.decided_at)

    second = write_decision(payment_event, "ignore")
    with serving.no_patience():
        client.resolve_payment(second.pk)
    with serving.workers_on(temporal):
        eventually(lambda: PaymentEvent.objects.get(pk=payment_event.pk).outcome == "resolved")

    second.refresh_from_db()
    assert second.state == "done"


def test_a_decision_that_was_broken_off_is_carried_out_when_it_is_sent_again(transactional_db: None, temporal: Client):
    payment_event = make_payment_event(None)
    payment_event.move_to("unmatched", "unknown_order")
    decision = write_decision(payment_event, "ignore")
    with serving.no_patience():
        client.resolve_payment(decision.pk)
    ask(temporal.get_workflow_handle(identifiers.payment_resolution(decision.pk)).terminate())

    with serving.workers_on(temporal):
        decision = client.resolve_payment(decision.pk)

    assert decision.state == "done"


@pytest.mark.parametrize("send", [client.match_payment_event, client.report_payment])
def test_a_word_about_money_that_has_been_used_is_no_other_payment(worker: Client, send: Callable[[int], object]):
    make_product(price="20.00")
    order = waiting_order(("TEA", 1))
    payment_event = report(order)
    deliver(order)
    workflow = worker.get_workflow_handle(identifiers.payment_matching(payment_event.pk))
    first = ask(workflow.describe()).run_id

    send(payment_event.pk)

    assert ask(workflow.describe()).run_id == first
    assert PaymentEvent.objects.get().outcome == "matched"


def deliver(order: Order) -> None:
    """To the doorstep, where its saga ends."""
    wait_until(order, waiting_for="shipment")
    ship(order)
    wait_until(order, status="shipped")
    client.mark_delivered(order.number, by="user:1")
    wait_until(order, status="delivered")
