"""Everything that the shop knows of one customer, as plain values: what they may ask for."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model

from orders.models import GuestHold, Order, Payment, Refund, Shipment, TypedWords
from orders.payments.credit import balance
from orders.personal_data.customer import Customer
from orders.rules import actors

FORMAT = 1
SECRET = {"token", "password", "key", "request_key", "fingerprint"}  # open doors, or mean something to the shop alone


def export(customer: Customer) -> dict[str, Any]:
    """Rows by kind, each with its columns by name; amounts as decimal strings, times in ISO 8601."""
    return {
        "format": FORMAT,
        "account": _account(customer),
        "orders": [_order(order) for order in customer.orders()],
        "contact_details": _plain(customer.contacts()),
        "carts": [{**_row(cart), "items": _plain(cart.items.order_by("position"))} for cart in customer.carts()],
        "mails": _plain(customer.mails()),
        "payment_events": _plain(customer.payment_events()),
        "bank_transfers": _plain(customer.statement_lines()),
        "refunds_by_transfer": _plain(customer.refund_tasks()),
        "reasons_given": _plain(_words(customer)),
        "sign_ins": [row for rows in customer.sign_ins() for row in _plain(rows.order_by("pk"))],
        "sessions": len(customer.sessions()),
    }


def _account(customer: Customer) -> dict[str, Any] | None:
    user = customer.user
    if user is None:
        return None
    columns = ("username", "first_name", "last_name", "email", "date_joined", "last_login", "is_active")
    adjustments = _plain(user.credit_adjustments.order_by("pk"))
    about = {name: getattr(user, name) for name in columns}
    return {**about, "store_credit": balance(user.pk), "credit_adjustments": adjustments}


def _order(order: Order) -> dict[str, Any]:
    hold = GuestHold.objects.filter(order=order)
    return {
        **_row(order),
        "lines": _plain(order.lines.order_by("pk")),
        "payments": _plain(Payment.objects.filter(order=order).order_by("pk")),
        "refunds": _plain(Refund.objects.filter(order=order).order_by("pk")),
        "shipment": next(iter(_plain(Shipment.objects.filter(order=order))), None),
        "guest_hold": next(iter(_plain(hold)), None),
        "timeline": _plain(order.timeline.order_by("pk")),
    }


def _words(customer: Customer) -> Iterable[TypedWords]:
    user = customer.user
    return TypedWords.objects.filter(by=actors.customer(user.pk)).order_by("pk") if user else ()


def _plain(rows: Iterable[Model]) -> list[dict[str, Any]]:
    return [_row(row) for row in rows]


def _row(row: Model) -> dict[str, Any]:
    """A row's columns, but for keys and secrets."""
    columns = {field.attname: field.value_from_object(row) for field in row._meta.concrete_fields}
    return {name: value for name, value in columns.items() if name not in SECRET}
