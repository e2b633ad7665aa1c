"""What stands on an order's page in the admin, read with a fixed number of queries."""

from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from orders import labels
from orders.admin.approvals.panel import approval_panel
from orders.admin.base import html, people
from orders.admin.base.lines import order_lines
from orders.admin.base.pages import workflow_url
from orders.authorization.eligibility import Voter
from orders.authorization.lookups import with_subjects
from orders.models import ApprovalRequest, Order, Payment, TimelineEntry
from orders.payments.card import PaymentCard, payment_card, told_of
from orders.rules.states import CardState
from orders.rules.totals import ZERO

CARD_TONES = {CardState.PAID: "approved", CardState.PARTLY_PAID: "unmatched", CardState.REFUND_UNDER_WAY: "unmatched"}


def order_page(order: Order, voter: Voter) -> dict[str, Any]:
    """Context of the page: the order, everything around it, and how to say it; `voter` reads it."""
    told = told_of(order)
    card = payment_card(order, told)
    approval = with_subjects(ApprovalRequest.objects.filter(order=order)).first()
    return {
        "order": order,
        "title": order.number,
        "subtitle": None,
        "status": html.badge(labels.order_status(order.status), order.status),
        "waiting": html.waiting(order),
        "ago": html.ago(order.placed_at),
        "language": labels.language(order.language),
        "lines": order_lines(order),
        "total": labels.money(order.total, order.currency),
        "payment_method": labels.payment_method(order.payment_method),
        "anew": [_link(one) for one in order.placed_anew.order_by("pk")] if order.ended_at else [],
        "instead_of": _link(order.anew_of) if order.anew_of else "",
        "payments": _payments(order),
        "card": card,
        "money": _money(order, card),
        "shipment": _shipment(order),
        "approval": approval and approval_panel(approval, voter, told),
        "compensation_failures": _failed_reversals(order),
        "mails": _mails(order),
        "timeline": _timeline(order),
        "workflow_url": workflow_url(order.workflow_id),
    }


def _link(order: Order) -> SafeString:
    return html.link(reverse("admin:orders_order_change", args=[order.pk]), order.number)


def _money(order: Order, card: PaymentCard) -> dict[str, Any]:
    """Where the order's money is, in rows of words and amounts; what is nothing is left out."""
    rows = [
        (_("Due"), card.due),
        (_("Of it with store credit"), order.credit),
        (_("Received"), card.received),
        (_("Taken"), card.taken),
        (_("On account, not taken"), card.on_account),
        (_("Refunded"), card.refunded),
        (_("Still to be paid back by finance"), card.to_pay_back),
        (_("Refundable"), card.refundable),
        (_("Too much") if card.difference > 0 else _("Missing"), abs(card.difference) if card.received else ZERO),
    ]
    return {
        "arrivals": [
            {
                "amount": labels.money(one.amount, one.currency),
                "when": labels.moment(one.at),
                "where": ", ".join(filter(None, [labels.payment_method(one.provider), one.payer])),
                "url": one.payment_event and reverse("admin:orders_paymentevent_change", args=[one.payment_event.pk]),
            }
            for one in card.arrivals
        ],
        "state": html.badge(labels.card_state(card.state), CARD_TONES.get(card.state, "")),
        "rows": [(words, labels.money(amount, order.currency)) for words, amount in rows if amount],
        "looked_at": [
            {
                "amount": labels.money(event.amount, event.currency),
                "why": labels.mismatch(event.reason),
                "when": labels.moment(event.received_at),
                "url": reverse("admin:orders_paymentevent_change", args=[event.pk]),
            }
            for event in card.looked_at
        ],
    }


def _payments(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "row": payment,
            "state": _payment_state(payment),
            "amount": labels.money(payment.amount, payment.currency),
            "refunded": labels.money(payment.refunded, payment.currency) if payment.refunded else "",
            "changed": labels.moment(payment.changed_at),
        }
        for payment in order.payments.order_by("attempt")
    ]


def _payment_state(payment: Payment) -> SafeString:
    if payment.is_partly_refunded:
        return html.badge(labels.card_state(CardState.PARTLY_REFUNDED), payment.state)
    return html.badge(labels.payment_state(payment.state), payment.state)


def _shipment(order: Order) -> dict[str, Any] | None:
    row = getattr(order, "shipment", None)
    if row is None:
        return None
    steps = [row.scheduled_at, row.shipped_at, row.delivered_at]
    return {
        "row": row,
        "state": html.badge(labels.shipment_state(row.state), row.state),
        "changed": labels.moment(next((at for at in reversed(steps) if at), None)),
    }


def _failed_reversals(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "row": row,
            "step": labels.reversal_step(row.step),
            "amount": labels.money(row.at_risk, row.currency),
            "when": labels.moment(row.happened_at),
            "url": reverse("admin:orders_compensationfailure_change", args=[row.pk]),
        }
        for row in order.compensation_failures.open().order_by("pk")
    ]


def _mails(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "kind": labels.mail_kind(mail.kind),
            "to": people.recipient(mail.recipient),
            "row": mail,
            "sent": mail.sent_at and labels.moment(mail.sent_at),
        }
        for mail in order.notifications.order_by("pk")
    ]


def _timeline(order: Order) -> list[dict[str, Any]]:
    entries = list(order.timeline.order_by("-at", "-pk"))
    actors = [entry.actor for entry in entries]
    called = people.names([*actors, *(detail for entry in entries for detail in entry.data.values())])
    return [_told(entry, called) for entry in entries]


def _told(entry: TimelineEntry, called: dict[str, str]) -> dict[str, Any]:
    entry.data = people.with_names(entry.data, called)  # for this page alone; an entry is never saved again
    return {
        "what": labels.event(entry),
        "who": labels.actor(entry.actor, called),
        "when": labels.moment(entry.at),
        "public": entry.public,
    }
