"""Money comes by card or by word of a machine, early or in the last moment; it counts once, and only if it is right."""

from decimal import Decimal

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from orders.models import Order, SandboxOperation, SandboxPayment
from orders.rules import actors
from orders.rules.approvals import DAY
from temporal_app import client
from temporal_app.client.errors import Refused
from temporal_app.messages import OrderDeadlines, PaymentConfirmation
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.factories.orders import (
    CARD,
    ask,
    eventually,
    ledger,
    let_pass,
    order_events,
    pay,
    place_order,
    saga,
    start_order,
    wait_until,
)
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.payments.unreliable import Fault
from tests.workflows.at_once import everybody, in_background
from tests.workflows.outside import break_gateway, slow_gateway

WEBHOOK = "webhook:sandbox"


def waiting_order(price: str = "100.00") -> Order:
    """An order that waits for its money."""
    make_product(price=price)
    order = place_order()
    wait_until(order, waiting_for="payment")
    return order


def confirm(order: Order, *, reference: str = "transfer-1", amount: str = "", by: str = WEBHOOK) -> None:
    """A machine reports that the money is there."""
    confirmation = PaymentConfirmation(reference, Decimal(amount or order.total), by)
    ask(saga(order).signal(OrderSagaWorkflow.confirm_payment, confirmation))


def refusal(order: Order, **parameters: object) -> str:
    """The code of the refusal that paying this way gets."""
    how = {"payment_method": "sandbox", "amount": order.total, "card_token": CARD, "by": "customer:guest"}
    with pytest.raises(Refused) as refused:
        client.pay(order.number, **{**how, **parameters})
    return refused.value.code


@pytest.mark.sqlite
def test_a_card_pays_an_order_and_answers_the_transaction(worker: Client) -> None:
    order = waiting_order()

    transaction = pay(order)
    wait_until(order, status="paid", waiting_for="shipment")

    assert SandboxOperation.objects.get(kind="charge").answer == transaction
    assert ledger(order) == [("captured", Decimal("100.00"), Decimal("0.00"))]
    assert order.payments.get().state == "captured"
    assert order.notifications.filter(kind="payment_received").count() == 1


@pytest.mark.sqlite
def test_a_machines_word_pays_an_order(worker: Client) -> None:
    order = waiting_order()

    confirm(order)
    wait_until(order, status="paid", waiting_for="shipment")

    assert order.timeline.get(kind="paid").actor == WEBHOOK
    assert ledger(order) == [("captured", Decimal("100.00"), Decimal("0.00"))]


def test_the_same_word_twice_is_one_payment(worker: Client) -> None:
    order = waiting_order()

    confirm(order)
    confirm(order)
    wait_until(order, waiting_for="shipment")
    confirm(order)
    ask(saga(order).query(OrderSagaWorkflow.get_status))

    assert order_events(order).count("paid") == 1
    assert "payment_refused" not in order_events(order)
    assert SandboxOperation.objects.filter(kind="capture").count() == 1


def test_a_word_of_another_amount_is_noted_and_pays_nothing(worker: Client) -> None:
    order = waiting_order()
    amounts = ["99.99", "100.01", "0.00", "-100.00"]

    for amount in amounts:
        confirm(order, amount=amount)
    confirm(order, reference="transfer-2")
    wait_until(order, waiting_for="shipment")

    refused = order.timeline.filter(kind="payment_refused").order_by("id")
    assert [entry.data["amount"] for entry in refused] == amounts
    assert not any(entry.public for entry in refused)


def test_a_card_payment_that_is_not_for_this_order_is_refused(worker: Client) -> None:
    order = waiting_order()

    assert refusal(order, amount=Decimal("99.99")) == "amount_differs"
    assert refusal(order, amount=Decimal("100.01")) == "amount_differs"
    assert refusal(order, card_token="short") == "card_token_invalid"
    assert refusal(order, payment_method="stripe") == "unknown_payment_method"
    assert ledger(order) == [("open", Decimal("0.00"), Decimal("0.00"))]


def test_after_a_declined_card_another_one_pays(worker: Client) -> None:
    order = waiting_order()

    declined = refusal(order, card_token="tok_declined_card")
    pay(order)
    wait_until(order, waiting_for="shipment")

    assert declined == "payment_declined"
    assert SandboxPayment.objects.get().state == "captured"


def test_the_same_payment_sent_five_times_at_once_charges_once(worker: Client) -> None:
    order = waiting_order()

    def click(_n: int) -> str:
        total = order.total
        return client.pay(
            order.number, payment_method="sandbox", amount=total, card_token=CARD, by="customer:guest", request_id="one"
        )

    transactions = set(everybody(click, range(5)))
    wait_until(order, waiting_for="shipment")

    assert len(transactions) == 1
    assert SandboxOperation.objects.filter(kind__in=["charge", "capture"]).count() == 2


def test_a_paid_order_takes_no_second_card(worker: Client) -> None:
    order = waiting_order()
    pay(order)
    wait_until(order, waiting_for="shipment")

    assert refusal(order) == "not_waiting_for_payment"
    assert SandboxOperation.objects.filter(kind="charge").count() == 1


def test_a_card_charged_although_its_answer_was_lost_is_charged_once(
    worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = waiting_order()
    break_gateway(monkeypatch, "charge", fault=Fault.AFTER, times=1)

    pay(order)
    wait_until(order, waiting_for="shipment")

    assert SandboxOperation.objects.filter(kind="charge").count() == 1


def test_money_that_comes_before_it_was_asked_for_counts_once_it_is(worker: Client) -> None:
    mia = actors.user(make_user("mia", "manager").pk)
    make_product(price="300.00")
    order = place_order()
    wait_until(order, waiting_for="approval")

    confirm(order)
    client.decide("order", order.number, role="manager", approved=True, by=mia)
    wait_until(order, waiting_for="shipment")

    assert ledger(order) == [("captured", Decimal("300.00"), Decimal("0.00"))]


def test_a_card_cannot_be_charged_before_the_order_is_approved(worker: Client) -> None:
    make_user("mia", "manager")
    make_product(price="300.00")
    order = place_order()
    wait_until(order, waiting_for="approval")

    assert refusal(order) == "not_waiting_for_payment"
    assert ledger(order) == []


def test_a_card_that_is_being_charged_when_the_time_runs_out_still_counts(
    worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    charge = slow_gateway(monkeypatch, "charge")
    make_product()
    order = start_order(deadlines=OrderDeadlines(payment=2))
    wait_until(order, waiting_for="payment")

    paying = in_background(pay, order)
    assert charge.begun.wait(60)
    eventually(lambda: timers_fired(order))
    charge.may_go_on.set()

    assert paying.result().startswith("ch_")
    wait_until(order, status="paid")


def timers_fired(order: Order) -> int:
    """How many of a saga's deadlines have passed."""
    events = ask(saga(order).fetch_history()).events
    return len([event for event in events if event.event_type == EventType.EVENT_TYPE_TIMER_FIRED])


def test_a_second_payment_of_a_paid_order_is_noted_with_its_reference(worker: Client) -> None:
    order = waiting_order()
    confirm(order, reference="transfer-1")
    confirm(order, reference="transfer-2")
    wait_until(order, waiting_for="shipment")
    confirm(order, reference="transfer-3")
    eventually(lambda: order_events(order).count("payment_refused") == 2)

    refused = order.timeline.filter(kind="payment_refused").order_by("id")
    assert [entry.data["reference"] for entry in refused] == ["transfer-2", "transfer-3"]
    assert order_events(order).count("paid") == 1


def test_a_cancelled_order_takes_no_money(worker: Client) -> None:
    order = waiting_order()
    client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
    ask(saga(order).result())

    assert refusal(order) == "not_waiting_for_payment"
    assert ledger(order) == [("released", Decimal("0.00"), Decimal("0.00"))]


def test_time_spent_on_an_approval_is_not_taken_from_the_time_to_pay(skipping_worker: WorkflowEnvironment) -> None:
    mia = actors.user(make_user("mia", "manager").pk)
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")
    let_pass(skipping_worker, 13 * DAY)

    client.add_order_item(order.number, sku="TEA", quantity=2, by="customer:guest")
    wait_until(order, waiting_for="approval")
    let_pass(skipping_worker, 6 * DAY)
    client.decide("order", order.number, role="manager", approved=True, by=mia)
    wait_until(order, waiting_for="payment")
    let_pass(skipping_worker, DAY / 2)
    pay(order)
    wait_until(order, status="paid")

    assert order.total == 300
