"""What a mail says: `templates/mail/<kind>.txt`, its first line the subject; the HTML is the same text, set nicely."""

import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from orders import labels
from orders.labels.order_events import FOR_CUSTOMERS
from orders.mail.recipients import Recipient
from orders.models import ApprovalRequest, ExpenseRequest, Notification, Order
from orders.payments.bank_transfer import BankTransferGateway, transfer_details
from orders.rules.order_events import OrderEvent
from orders.rules.states import PaymentState
from orders.rules.status import WaitingFor


@dataclass(frozen=True)
class Mail:
    subject: str
    text: str
    html: str


def render(notification: Notification, person: Recipient) -> Mail:
    """A mail in its recipient's language."""
    with translation.override(person.language):
        written = render_to_string(f"mail/{notification.kind}.txt", _context(notification, person))
        subject, _newline, body = written.strip().partition("\n")
        subject = " ".join(subject.split())
        body = re.sub(r"\n\s*\n+", "\n\n", body).strip()
        page = {"subject": subject, "body": body, "language": person.language, "shop_name": settings.SHOP_NAME}
        return Mail(subject, f"{body}\n", render_to_string("mail/shell.html", page))


def _context(notification: Notification, person: Recipient) -> dict[str, Any]:
    order, expense = notification.order, notification.expense
    context: dict[str, Any] = {
        "name": person.name,
        "shop_name": settings.SHOP_NAME,
        "data": notification.data,
        "order": order,
        "expense": expense,
        **_of_order(order, notification.data),
        **_of_expense(expense),
    }
    approval = getattr(order or expense, "approval", None)
    return {**context, **(_of_approval(approval) if approval else {})}


def _of_order(order: Order | None, data: dict[str, Any]) -> dict[str, Any]:
    if order is None:
        return {}
    refunded = sum(p.refunded for p in order.payments.filter(state=PaymentState.REFUNDED))
    return {
        "total": labels.money(order.total, order.currency),
        "lines": [(line, labels.money(line.line_total, order.currency)) for line in order.lines.order_by("pk")],
        "order_url": f"{settings.SHOP_BASE_URL}{order.get_absolute_url()}",
        "order_admin_url": _absolute("admin:orders_order_change", order.pk),
        "pay_until": labels.moment(order.waiting_until) if order.waiting_for == WaitingFor.PAYMENT else "",
        **_of_transfer(order),
        "refunded": labels.money(refunded, order.currency) if refunded else "",
        "captured": order.payments.filter(state=PaymentState.CAPTURED).exists(),
        "shipment": getattr(order, "shipment", None),
        "why": _why(str(data.get("reason", ""))),
    }


def _of_transfer(order: Order) -> dict[str, Any]:
    """How to pay by transfer, while one is expected."""
    transfer = transfer_details(order.number) if order.payment_method == BankTransferGateway.name else None
    return (
        {"transfer": transfer, "transfer_amount": labels.money(transfer.amount, transfer.currency)} if transfer else {}
    )


def _of_expense(expense: ExpenseRequest | None) -> dict[str, Any]:
    if expense is None:
        return {}
    return {
        "total": labels.money(expense.amount),
        "expense_admin_url": _absolute("admin:orders_expenserequest_change", expense.pk),
        "reason": labels.reason(expense.reason),
    }


def _of_approval(approval: ApprovalRequest) -> dict[str, Any]:
    return {
        "approval": approval,
        "amount": labels.money(approval.amount),
        "decide_until": labels.moment(approval.deadline),
        "decide_url": _absolute("admin:orders_approvalrequest_change", approval.pk),
    }


def _why(reason: str) -> str:
    """Why an order was cancelled, where that is a customer's business; what staff typed is not."""
    told = FOR_CUSTOMERS.get(OrderEvent(reason)) if reason in list(OrderEvent) else None
    return str(told[-1]) if told else ""


def _absolute(view: str, *args: object) -> str:
    return f"{settings.SHOP_BASE_URL}{reverse(view, args=args)}"
