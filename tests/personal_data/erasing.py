"""Maria's orders, and having her forgotten."""

from datetime import datetime

from django.contrib.auth.models import User
from django.utils import timezone

from orders.models import (
    Cart,
    ErasureRecord,
    Notification,
    Order,
    PaymentEvent,
)
from orders.personal_data import retention
from orders.personal_data.customer import Customer
from orders.rules.personal_data import Kept
from temporal_app.activities.erasures import erase_customer
from tests.factories.orders import make_contact
from tests.factories.rows import make_order

HERS = {"name": "Maria Anders", "email": "Maria@Example.test"}


def life_of(user: User | None = None, **columns: object) -> Order:
    """An order of Maria's, and what is around it."""
    now = timezone.now()
    order = make_order(at=now, customer=user, **{**HERS, **columns})
    make_contact(order.cart_id, origin="o" * 32, name=order.name, email=order.email)
    Cart.objects.create(cart_id=order.cart_id, customer=user, state="checked_out", changed_at=now)
    Notification.objects.create(
        key=order.number,
        kind="order_placed",
        recipient="order",
        order=order,
        sent_at=now,
        last_error=f"to {order.email}",
    )
    PaymentEvent.objects.create(
        provider="sandbox", event_id=order.number, order_number=order.number, reported_by="webhook:sandbox",
        amount=300, currency="EUR",
    )  # fmt: skip
    return order


def erase(customer: Customer) -> ErasureRecord:
    record = ErasureRecord.objects.create(
        asked_by="user:1", reason="Her letter of 3 March", customer=customer.user, email=customer.email
    )
    erase_customer(record.pk)
    record.refresh_from_db()
    return record


def remove_erasures(now: datetime) -> int:
    return retention.remove(Kept.ERASURES, now)
