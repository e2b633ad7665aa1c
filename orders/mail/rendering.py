"""What a mail says: `templates/mail/<kind>.txt`, its first line the subject; the HTML is the same text, set nicely."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlsafe_base64_encode

from orders import labels
from orders.labels.order_events import FOR_CUSTOMERS
from orders.mail.links import looks_like_link, with_our_links
from orders.mail.recipients import Recipient, approval_of
from orders.models import (
    ApprovalRequest,
    CompensationFailure,
    ExpenseRequest,
    FailedWorkflow,
    GuestHold,
    MirrorFinding,
    Notification,
    Order,
    OrderLine,
    Outage,
    Refund,
    ReversalDecision,
)
from orders.models.guest_hold import confirmation_key
from orders.models.notification import TO_CUSTOMER, MailKind
from orders.payments import books, credit
from orders.payments.bank_transfer import BankTransferGateway, transfer_details
from orders.rules import actors
from orders.rules.order_events import OrderEvent
from orders.rules.states import PaymentState, RefundStage
from orders.rules.status import WaitingFor
from orders.rules.totals import ZERO

NAMED = 20  # of what a mail could list without end


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
        page = {
            "subject": subject,
            "body": with_our_links(body),
            "language": person.language,
            "shop_name": settings.SHOP_NAME,
        }
        return Mail(subject, f"{body}\n", render_to_string("mail/shell.html", page))


def _context(notification: Notification, person: Recipient) -> dict[str, Any]:
    order, expense = notification.order, notification.expense
    context: dict[str, Any] = {
        "name": "" if looks_like_link(person.name) else person.name,
        "shop_name": settings.SHOP_NAME,
        "data": notification.data,
        "order": order,
        "expense": expense,
        **_of_order(order, notification.data),
        **_of_expense(expense),
    }
    approval = None if notification.recipient == TO_CUSTOMER else approval_of(notification)
    return {
        **context,
        **(_of_approval(approval) if approval else {}),
        **_of_workflows(notification.data),
        **_of_outage(notification.data),
        **_of_check(notification.data),
        **_of_refund(notification.data),
        **_of_password(notification),
    }


def _when_said(facts: Callable[[], dict[str, Any]], *names: str) -> dict[str, Any]:
    """Facts of these names, which are looked up when a mail says one of them."""
    once = cache(facts)

    def fact(name: str) -> Any:
        return once().get(name, "")

    return {name: SimpleLazyObject(partial(fact, name)) for name in names}


def _of_order(order: Order | None, data: dict[str, Any]) -> dict[str, Any]:
    if order is None:
        return {}
    return {
        "total": labels.money(order.total, order.currency),
        "lines": SimpleLazyObject(partial(_lines, order)),
        "order_url": f"{settings.SHOP_BASE_URL}{order.get_absolute_url()}",
        **_when_said(partial(_of_guest_hold, order), "not_confirmed", "confirm_until", "confirm_url"),
        "order_admin_url": _absolute("admin:orders_order_change", order.pk),
        "pay_until": labels.moment(order.waiting_until) if order.waiting_for == WaitingFor.PAYMENT else "",
        **_of_transfer(order),
        **_when_said(partial(_of_money, order), "refunded", "captured", "payment_not_undone"),
        **_of_credit(order),
        **_when_said(partial(_of_old_order, order), "credit_then"),
        **{name: labels.money(Decimal(data[name]), order.currency) for name in ("part", "missing") if name in data},
        "shipment": SimpleLazyObject(lambda: getattr(order, "shipment", None)),
        "why": _why(str(data.get("reason", ""))),
        **_of_reversal(data.get("reversal")),
    }


def _lines(order: Order) -> list[tuple[OrderLine, str]]:
    return [(line, labels.money(line.line_total, order.currency)) for line in order.lines.order_by("pk")]


def _of_money(order: Order) -> dict[str, Any]:
    """What went back to a customer and has no mail of its own, and what did not."""
    done = Refund.objects.filter(order=order, state=RefundStage.DONE)  # those had mails of their own
    before = sum(refund.to_provider for refund in done)
    refunded = sum(p.refunded for p in order.payments.filter(state=PaymentState.REFUNDED)) - before
    refunded += books.returned_untaken(order)
    return {
        "refunded": labels.money(refunded, order.currency) if refunded > 0 else "",
        "captured": order.payments.filter(state=PaymentState.CAPTURED).exists(),
        "payment_not_undone": order.compensation_failures.payment_not_undone().exists(),
    }


def _of_guest_hold(order: Order) -> dict[str, Any]:
    """How a guest confirms their address, as long as that helps; and whether they did not."""
    hold = GuestHold.objects.filter(order=order).first()
    if hold is None or not hold.is_open:
        return {"not_confirmed": hold is not None and hold.lapsed_at is not None}
    parts = [order.number, order.token, confirmation_key(order)]
    return {"confirm_until": labels.moment(hold.until), "confirm_url": _absolute("order-confirm", *parts)}


def _of_credit(order: Order) -> dict[str, Any]:
    """What of an order is paid with store credit and what remains to be paid; what of it is back on the account."""
    if not order.credit:
        return {}
    back = order.credit - credit.part_of(order) if order.undo_started_at else ZERO
    return {
        "credit": labels.money(order.credit, order.currency),
        "rest": labels.money(order.rest, order.currency),
        "credit_back": labels.money(back, order.currency) if back else "",
    }


def _of_old_order(order: Order) -> dict[str, Any]:
    """What had been paid with store credit of the order that it takes the place of, and is back on the account."""
    old = order.anew_of
    return {"credit_then": labels.money(old.credit, old.currency)} if old and old.credit else {}


def _of_reversal(pk: int | None) -> dict[str, Any]:
    failure = CompensationFailure.objects.filter(pk=pk).first() if pk else None
    if failure is None:
        return {}
    return {
        "step": labels.reversal_step(failure.step),
        "money_at_risk": labels.money(failure.amount_at_risk, failure.currency),
        "goods_at_risk": labels.money(failure.goods_at_risk, failure.currency),
        "reversal_admin_url": _absolute("admin:orders_compensationfailure_change", failure.pk),
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
        "amount": labels.money(approval.amount, approval.currency),
        "matter": labels.approval_kind(approval.kind),
        "money": approval.money,
        "decide_until": labels.moment(approval.deadline),
        "decide_url": _absolute("admin:orders_approvalrequest_change", approval.pk),
        **_of_write_off(approval.write_off),
        "refund": approval.refund,
        "adjustment": approval.credit_adjustment,
        "debit": approval.debit_write_off,
    }


def _of_write_off(write_off: ReversalDecision | None) -> dict[str, Any]:
    if write_off is None:
        return {}
    return {"write_off": write_off, "reason": write_off.result, **_of_reversal(write_off.failure_id)}


def _of_password(notification: Notification) -> dict[str, Any]:
    """Where somebody chooses a new password: made when the mail is sent, and written down nowhere."""
    if notification.kind != MailKind.PASSWORD_RESET:
        return {"forgotten_url": _absolute("password_reset")}
    user = User.objects.filter(pk=actors.user_id(notification.recipient) or 0).first()
    if user is None:
        return {}
    uid = urlsafe_base64_encode(str(user.pk).encode())
    return {"reset_url": _absolute("password_reset_confirm", uid, default_token_generator.make_token(user))}


def _of_refund(data: dict[str, Any]) -> dict[str, Any]:
    refund = Refund.objects.filter(pk=data["refund"]).first() if "refund" in data else None
    if refund is None:
        return {}
    refused = refund.state == RefundStage.REFUSED
    return {
        "refund_amount": labels.money(refund.amount, refund.currency),
        "refund_credit": labels.money(refund.credit, refund.currency) if refund.credit else "",
        "refund_lines": list(refund.lines.select_related("line").order_by("pk")),
        "refund_not_sent": "held_back" in refund.details,
        "refund_refusal": labels.refusal(refund.result, refund.details) if refused else "",
        "refund_reason": labels.reason(refund.details.get("reason", "")),
    }


def _of_workflows(data: dict[str, Any]) -> dict[str, Any]:
    """The workflows that ended badly, a line for each of the first."""
    told = FailedWorkflow.objects.filter(pk__in=data.get("workflows", ())).order_by("closed_at", "pk")
    return {
        "workflows": [
            f"{one.workflow_id} ({one.workflow_type}): {labels.workflow_end(one.ended_as)}, "
            f"{labels.moment(one.closed_at)}"
            for one in told
        ],
        "more": data.get("count", 0) - len(told),
        "workflows_url": _absolute("admin:orders_failedworkflow_changelist"),
    }


def _of_outage(data: dict[str, Any]) -> dict[str, Any]:
    outage = Outage.objects.filter(pk=data["outage"]).first() if "outage" in data else None
    facts = (
        {
            "provider": labels.provider(outage.provider),
            "since": labels.moment(outage.began_at),
            "until": labels.moment(outage.ended_at),
        }
        if outage
        else {}
    )
    return {**facts, "orders": data.get("orders", 0), "outages_url": _absolute("admin:orders_outage_changelist")}


def _of_check(data: dict[str, Any]) -> dict[str, Any]:
    """What a look through the shop has left, a line for each of the first."""
    if "check" not in data:
        return {}
    told = MirrorFinding.objects.filter(check_run=data["check"], repaired_at=None).order_by("pk")[:NAMED]
    return {
        "findings": [f"{one.subject}: {labels.invariant(one.rule)}" for one in told],
        "more": data["left"] - len(told),
        "check_url": _absolute("admin:orders_mirrorcheck_change", data["check"]),
    }


def _why(reason: str) -> str:
    """Why an order was cancelled, where that is a customer's business; what staff typed is not."""
    told = FOR_CUSTOMERS.get(OrderEvent(reason)) if reason in list(OrderEvent) else None
    return str(told[-1]) if told else ""


def _absolute(view: str, *args: object) -> str:
    return f"{settings.SHOP_BASE_URL}{reverse(view, args=args)}"
