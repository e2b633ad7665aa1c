"""Payments that did not match: what people decide about them is carried out, once."""

from decimal import Decimal

import pytest

from orders.models import (
    BankStatement,
    Notification,
    Order,
    PaymentEvent,
    Product,
    RefundTask,
    SandboxOperation,
    SandboxPayment,
    StatementLine,
)
from orders.models.notification import MailKind
from orders.payments import parts
from orders.reconciliation.near import near
from orders.rules.refusals import Refusal
from orders.rules.states import PaymentEventOutcome
from temporal_app import client
from temporal_app.client.errors import Refused
from temporal_app.messages import PaymentConfirmation
from tests.factories.orders import ask, eventually, order_events, place_order, saga, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.unmatched import report, resolve, waiting_order

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture(autouse=True)
def tea(worker) -> None:
    make_product(price="20.00", on_hand=10)


@pytest.mark.parametrize(("amount", "mismatch", "captured"), [("39.00", "", "39.00"), ("45.00", "too_much", "40.00")])
def test_an_accepted_difference_pays_the_order_and_captures_no_more_than_came(
    amount: str, mismatch: str, captured: str
):
    order = waiting_order(("TEA", 2))
    payment_event = report(order, amount=Decimal(amount))

    decision = resolve(payment_event, "accept")
    wait_until(order, status="paid", waiting_for="shipment")

    assert (decision.mismatch, decision.state, payment_event.outcome) == (mismatch, "done", "matched")
    assert SandboxPayment.objects.get(order_number=order.number).captured == Decimal(captured)
    assert order_events(order).count("payment_accepted") == 1
    assert ("payment_mismatch" if mismatch else "payment_part") in order_events(order)


def test_money_is_sent_back_once_however_often_it_is_asked():
    order = waiting_order(("TEA", 2))
    payment_event = report(order, amount=Decimal("45.00"))

    resolve(payment_event, "refund")
    with pytest.raises(Refused) as again:
        resolve(payment_event, "refund")

    assert again.value.code == Refusal.NOT_UNMATCHED
    assert payment_event.outcome == "resolved"
    assert list(SandboxOperation.objects.filter(kind="refund").values_list("amount", flat=True)) == [Decimal("45.00")]
    assert order_events(order).count("payment_sent_back") == 1
    wait_until(order, status="pending", waiting_for="payment")


def test_a_payment_of_an_unknown_order_finds_the_one_it_was_meant_for():
    order, other = waiting_order(("TEA", 2)), waiting_order(("TEA", 1))
    payment_event = report(order_number=order.number.replace("ORD", "0RD"), amount=order.total)

    proposed = [one.order for one in near(payment_event)]
    decision = resolve(payment_event, "assign", order_number=order.number)
    wait_until(order, status="paid")

    assert payment_event.order_number == order.number
    assert proposed[0] == order
    assert (decision.state, payment_event.outcome) == ("done", "matched")
    wait_until(other, status="pending")


def test_a_payment_assigned_to_an_order_it_does_not_fit_stays_with_the_new_reason():
    order = waiting_order(("TEA", 1))
    payment_event = report(amount=Decimal("23.00"))

    resolve(payment_event, "assign", order_number=order.number)

    assert (payment_event.outcome, payment_event.reason) == ("unmatched", "too_much")
    assert order_events(order)[-2:] == ["payment_assigned", "payment_mismatch"]


def test_money_for_a_cancelled_order_places_it_anew_with_the_prices_of_then():
    order = waiting_order(("TEA", 2))
    client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
    wait_until(order, status="cancelled")
    payment_event = report(order)
    Product.objects.filter(sku="TEA").update(price="35.00", name="Dearer tea")
    reason = payment_event.reason

    decision = resolve(payment_event, "reopen")
    anew = Order.objects.get(number=decision.result)
    wait_until(anew, status="paid", waiting_for="shipment")

    assert reason == "after_cancellation"
    assert anew.total == Decimal("40.00")
    assert list(anew.lines.values_list("name", "unit_price")) == [("Product TEA", Decimal("20.00"))]
    assert (anew.name, anew.street) == (order.name, order.street)
    assert order_events(order)[-1] == order_events(anew)[1] == "placed_anew"
    wait_until(order, status="cancelled")


def test_an_order_is_placed_anew_as_often_as_that_is_decided_and_what_has_ended_stays_ended():
    make_product("POT", price="300.00")
    manager = make_user("max", "manager")
    order = place_order(("POT", 1))
    wait_until(order, waiting_for="approval")
    client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
    wait_until(order, status="cancelled")
    payment_event = report(order_number=order.number, amount=order.total)
    first = Order.objects.get(number=resolve(payment_event, "reopen").result)
    wait_until(first, waiting_for="approval")
    client.decide("order", first.number, role="manager", approved=False, comment="no", by=f"user:{manager.pk}")
    wait_until(first, status="cancelled")

    second = Order.objects.get(number=resolve(payment_event, "reopen").result)

    wait_until(second, waiting_for="approval")
    assert first.number != second.number == payment_event.order_number
    assert payment_event.outcome == "matched"
    assert order_events(first)[-2:] == ["cancelled", "placed_anew"]


def test_an_order_is_not_placed_anew_when_it_is_sold_out_and_the_money_stays_in_the_inbox():
    order = waiting_order(("TEA", 6))
    client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
    wait_until(order, status="cancelled")
    payment_event = report(order)
    waiting_order(("TEA", 5))
    before = Order.objects.count()

    with pytest.raises(Refused) as refused:
        resolve(payment_event, "reopen")

    assert refused.value.code == Refusal.NOT_ENOUGH_STOCK
    payment_event.refresh_from_db()
    assert (payment_event.outcome, Order.objects.count()) == ("unmatched", before)
    resolve(payment_event, "refund")
    assert payment_event.outcome == "resolved"


def test_an_order_whose_rollback_is_incomplete_is_not_placed_anew_and_it_is_said_why():
    order = waiting_order(("TEA", 1))
    client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
    wait_until(order, status="cancelled")
    Order.objects.filter(pk=order.pk).update(status="rollback_incomplete")

    with pytest.raises(Refused) as refused:
        resolve(report(order), "reopen")

    assert refused.value.code == Refusal.NOT_UNDONE_YET
    assert refused.value.params == {"number": order.number}


def test_a_payment_is_put_aside_for_a_reason_and_nothing_else_happens():
    order = waiting_order(("TEA", 2))
    payment_event = report(order, amount=Decimal("41.00"))

    resolve(payment_event, "ignore")

    assert payment_event.outcome == "resolved"
    wait_until(order, status="pending", waiting_for="payment")
    assert SandboxOperation.objects.exclude(kind="hold").count() == 0


def test_what_is_no_way_out_is_refused():
    payment_event = report(amount=Decimal("1.00"))

    with pytest.raises(Refused) as refused:
        resolve(payment_event, "accept")

    assert refused.value.code == Refusal.NO_SUCH_WAY_OUT


def test_an_order_that_does_not_exist_is_named_and_the_decision_can_be_taken_again():
    order = waiting_order(("TEA", 1))
    payment_event = report(amount=order.total)

    with pytest.raises(Refused) as refused:
        resolve(payment_event, "assign", order_number="ORD-2026-000000")
    resolve(payment_event, "assign", order_number=order.number)

    assert refused.value.code == Refusal.UNKNOWN_ORDER
    wait_until(order, status="paid")


def test_money_matched_before_the_order_grew_is_a_part_of_it_and_the_rest_is_asked_for(settings):
    settings.PAYMENT_METHODS = ["sandbox", "bank_transfer"]
    order = place_order(("TEA", 1), payment_method="bank_transfer")  # a card's money goes back with its hold
    wait_until(order, waiting_for="payment")
    payment_event = report(order, by="statement:1", provider="bank_transfer", order_number="ORD-2026-999999")
    payment_event.assign(order.number)
    payment_event.move_to(PaymentEventOutcome.MATCHED)
    client.add_order_item(order.number, sku="TEA", quantity=1, by="customer:guest")

    late = PaymentConfirmation("early", Decimal("20.00"), payment_event_id=payment_event.pk)
    ask(saga(order).signal("confirm_payment", late))
    eventually(lambda: "payment_part" in order_events(order))

    order.refresh_from_db()
    assert PaymentEvent.objects.get(pk=payment_event.pk).outcome == "matched"
    assert (parts.received(order), parts.missing(order)) == (Decimal("20.00"), Decimal("20.00"))
    assert Notification.objects.filter(order=order, kind=MailKind.PAYMENT_PART).count() == 1


def test_a_transfer_to_our_account_is_sent_back_by_finance_to_whom_it_came_from():
    payment_event = report(amount=Decimal("45.00"), by="statement:1", provider="bank_transfer")
    statement = BankStatement.objects.create(name="November", file="november.xml")
    StatementLine.objects.create(
        statement=statement,
        fingerprint="f",
        booked_on="2026-11-20",
        amount=payment_event.amount,
        currency="EUR",
        payer="Maria Anders",
        payer_iban="DE02120300000000202051",
        payment_event=payment_event,
    )

    decision = resolve(payment_event, "refund")

    task = RefundTask.objects.get()
    assert (task.payee, task.iban, task.amount, task.state) == (
        "Maria Anders",
        "DE02120300000000202051",
        Decimal("45.00"),
        "open",
    )
    assert decision.result == f"refund-task-{task.pk}"


def test_a_transfer_for_an_order_that_is_to_be_paid_by_another_way_is_not_used_for_it():
    order = waiting_order(("TEA", 1))

    payment_event = report(order, by="statement:1", provider="bank_transfer")

    assert (payment_event.outcome, payment_event.reason) == ("unmatched", "other_method")
    wait_until(order, status="pending", waiting_for="payment")
