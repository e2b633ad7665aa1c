"""A customer whose money is not settled is forgotten only when it is."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from django.utils import timezone

from orders.models import (
    BankDebit,
    BankStatement,
    CreditAdjustment,
    Notification,
    Order,
    PaymentEvent,
    Refund,
    RefundTask,
)
from orders.models.cart import ContactDetails
from orders.personal_data.customer import Customer
from tests.factories.people import make_user
from tests.personal_data.erasing import erase, life_of, remove_erasures


def refund_to_make(order: Order) -> Model:
    return RefundTask.ask(key="r", order_number=order.number, amount=Decimal(5), currency="EUR", money=None)


def refund_under_way(order: Order) -> Model:
    asked = {"reason": "Broken", "asked_by": make_user("fritz", "finance"), "request_key": "r"}
    return Refund.objects.create(order=order, amount=5, currency="EUR", **asked)


def unmatched_payment(order: Order) -> Model:
    event = PaymentEvent.objects.get(order_number=order.number)
    PaymentEvent.objects.filter(pk=event.pk).update(outcome="unmatched", reason="too_much")
    return event


def open_debit(order: Order) -> Model:
    statement = BankStatement.objects.create(name="march.xml", state="imported", imported_at=timezone.now())
    booked = {"statement": statement, "booked_on": timezone.now().date(), "amount": 5, "currency": "EUR"}
    return BankDebit.objects.create(fingerprint="d", kind="taken_back", order_number=order.number, **booked)


SETTLED = {
    RefundTask: {"state": "done", "done_at": timezone.now()},
    Refund: {"state": "refused"},
    PaymentEvent: {"outcome": "resolved"},
    BankDebit: {"state": "settled"},
}


@pytest.mark.parametrize("unsettled", [refund_to_make, refund_under_way, unmatched_payment, open_debit])
def test_an_order_whose_money_is_not_settled_stays_until_it_is(
    maria: User, unsettled: Callable[[Order], Model]
) -> None:
    order = life_of(maria, status="cancelled", ended_at=timezone.now())
    money = unsettled(order)

    record = erase(Customer(maria, maria.email))
    order.refresh_from_db()
    then = (order.name, ContactDetails.objects.count(), Notification.objects.count())
    type(money)._default_manager.filter(pk=money.pk).update(**SETTLED[type(money)])
    remove_erasures(timezone.now())

    assert then == ("Maria Anders", 1, 1)
    assert record.kept[:2] == [["unsettled_orders", 1, "unsettled"], ["account", 1, "unsettled"]]
    assert (record.open_orders, record.finished_at, record.removed) == ([order.pk], None, {})
    order.refresh_from_db()
    record.refresh_from_db()
    assert (order.name, record.finished_at is not None, record.removed["account"]) == ("", True, 1)


def test_an_account_whose_credit_somebody_wants_to_change_stays_until_that_is_decided(maria: User) -> None:
    wanted = {"asked_by": make_user("fritz", "finance"), "reason": "Late parcel", "request_key": "r"}
    CreditAdjustment.objects.create(customer=maria, amount=5, **wanted)

    record = erase(Customer(maria, maria.email))
    CreditAdjustment.objects.update(state="refused")
    remove_erasures(timezone.now())

    assert record.kept == [["account", 1, "unsettled"]]
    assert not User.objects.get(pk=maria.pk).is_active
