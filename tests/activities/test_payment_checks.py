"""Asking about one order, activity by activity: what is known already is told again, and is no second payment."""

from decimal import Decimal

import pytest

from orders.models import Order, PaymentEvent
from orders.payments import gateway_for
from orders.payments.gateway import idempotency_key
from temporal_app.activities import payment_checks, payment_events, resolutions
from temporal_app.messages import CheckedOrder, OrderCheck, PaidOrder
from tests.factories.payments import make_payment_event, make_waiting_order
from tests.factories.unmatched import write_decision

BANK = {"provider": "bank_transfer", "by": "statement:1"}


@pytest.fixture
def order() -> Order:
    """It waits for a transfer."""
    order = make_waiting_order(payment_method="bank_transfer")
    hold = gateway_for("bank_transfer").hold(
        order_number=order.number, amount=order.total, currency="EUR", key=idempotency_key(order.number, "hold")
    )
    order.payments.update(reference=hold.reference)
    return order


def check(order: Order) -> CheckedOrder:
    return payment_checks.check_order(OrderCheck(order.number, by="schedule:hourly-payment-batch"))


def test_money_that_came_under_the_orders_number_alone_is_told_again_and_is_no_second_payment(order: Order) -> None:
    payment_event = make_payment_event(order, **BANK, reference=f"Thanks, order {order.number}")
    matched = payment_events.match_payment_event(payment_event.pk)

    found = check(order)

    assert found == CheckedOrder("paid", PaidOrder(order.number, payment_event.pk, matched.confirmation))
    assert list(PaymentEvent.objects.values_list("outcome", flat=True)) == ["matched"]


def test_an_accepted_difference_is_told_again_with_the_total_it_was_accepted_for(order: Order) -> None:
    payment_event = make_payment_event(order, **BANK, amount=Decimal("40.00"))
    payment_events.match_payment_event(payment_event.pk)
    payment_event.refresh_from_db()
    accepted = resolutions.hand_to_order(write_decision(payment_event, "accept").pk)

    found = check(order)

    assert found == CheckedOrder("paid", accepted)
    assert accepted.confirmation.accepted_total == order.total
