"""A customer whose money is not settled is forgotten only when it is."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.db.models import Model
from django.utils import timezone

from orders.models import (
    BankDebit,
    BankStatement,
    CreditAdjustment,
    ErasureRecord,
    Notification,
    Order,
    PaymentEvent,
    Refund,
    RefundTask,
)
from orders.models.cart import ContactDetails
from orders.personal_data import erasure
from orders.personal_data.customer import Customer
from temporal_app.activities.retention import remove_expired
from temporal_app.messages import RetentionBatch
from tests.factories.people import make_user
from tests.personal_data.erasing import erase, life_of, remove_erasures

pytestmark = pytest.mark.django_db


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


def test_one_erasure_that_fails_stops_no_other_and_operations_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    records = []
    for name in ("bea", "cleo"):
        life_of(email=f"{name}@example.test", status="delivered", ended_at=timezone.now())
        asked = {"asked_by": "system", "reason": "Her letter", "email": f"{name}@example.test"}
        records.append(ErasureRecord.objects.create(**asked))
    ErasureRecord.objects.update(asked_at=timezone.now() - timedelta(hours=2))  # whose workflows were lost
    forget = erasure.forget_customers

    def fail_for_bea(ended: list[Order]) -> int:
        forget(ended)
        if any(order.email.startswith("bea") for order in ended):
            raise DatabaseError("the disk is full")
        return forget(ended)

    monkeypatch.setattr(erasure, "forget_customers", fail_for_bea)

    gone = remove_expired(RetentionBatch("erasures", timezone.now().timestamp()))
    with pytest.raises(DatabaseError, match="the disk is full"):
        remove_expired(RetentionBatch("erasures", timezone.now().timestamp()))

    assert (gone, list(Order.objects.order_by("pk").values_list("email", flat=True))) == (1, ["bea@example.test", ""])
    assert ErasureRecord.objects.get(finished_at=None) == records[0]


def test_an_erasure_that_was_asked_for_just_now_is_left_to_its_workflow() -> None:
    life_of(status="delivered", ended_at=timezone.now())
    ErasureRecord.objects.create(asked_by="system", reason="Her letter", email="maria@example.test")

    assert remove_erasures(timezone.now()) == 0
    assert Order.objects.get().name == "Maria Anders"
