"""What the page of one order shows, in sections that can be shown anew one by one."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from orders import labels
from orders.forms import CancelForm, LanguageForm, OnceForm, PageForm, PayForm, QuantityForm
from orders.models import Order, Product, TimelineEntry
from orders.payments import gateway_for
from orders.payments.bank_transfer import BankTransferGateway, transfer_details
from orders.payments.card import Told, payment_card, told_of
from orders.payments.sandbox import SandboxGateway
from orders.payments.stripe_sessions import StripePages
from orders.rules.order_events import OrderEvent
from orders.rules.status import ENDED, OrderStatus, WaitingFor
from orders.rules.totals import ZERO
from orders.views import progress, transfer, visitor

VERSION = ("pk", "status", "waiting_for", "waiting_until", "undo_started_at", "total", "language", "latest")
SECTIONS = ("progress", "actions", "lines", "timeline", "more")
OFFERED_PRODUCTS = 300
TOLD_OF_MONEY = {
    OrderEvent.PAYMENT_PART,
    OrderEvent.PAYMENT_CONFIRMED,
    OrderEvent.PAID,
    OrderEvent.REFUNDED,
    OrderEvent.PAYMENT_SENT_BACK,
    OrderEvent.CREDIT_TAKEN,
}


@dataclass(frozen=True)
class Access:
    """The way by which somebody reaches an order: with its token, or as its signed-in owner."""

    number: str
    token: str | None

    def url(self, name: str) -> str:
        """The address of one of the order's pages, by the same way."""
        if self.token is None:
            return reverse("own-order" if name == "order" else name, args=[self.number])
        return reverse(name, args=[self.number, self.token])

    def given_to(self, request: HttpRequest) -> bool:
        """Whether there is anything to look at; without a token somebody has to sign in first."""
        return self.token is not None or request.user.is_authenticated


@dataclass(frozen=True)
class Possible:
    """What can be done with an order right now; `received` is what has come in parts."""

    pay: bool
    pay_on_page: bool
    transfer: bool
    received: Decimal
    pretend_transfer: bool
    add: bool
    cancel: bool
    may_set_language: bool
    again: bool


def possible(order: Order, told: Told, *, only_reads: bool) -> Possible:
    """What the page offers; the client functions have the last word. Who only reads it sees where to pay, and no
    form."""
    acts = not only_reads
    alive = order.undo_started_at is None and order.status not in ENDED
    pending = alive and order.status == OrderStatus.PENDING
    received = told.parts.received if pending else ZERO
    payable = pending and order.waiting_for == WaitingFor.PAYMENT and not told.looked_at  # asked for once
    by_card = acts and payable and not received and gateway_for(order.payment_method).takes_cards
    on_page = order.payment_method == StripePages.name
    return Possible(
        pay=by_card and not on_page,
        pay_on_page=by_card and on_page,
        transfer=payable and order.payment_method == BankTransferGateway.name,
        received=received,
        pretend_transfer=acts and payable and transfer.offered(order),
        add=acts and pending and order.waiting_for in (WaitingFor.APPROVAL, WaitingFor.PAYMENT),
        cancel=acts and order.can_be_cancelled,
        may_set_language=acts and alive,
        again=acts,
    )


def whole() -> QuerySet[Order]:
    """Orders with everything their page shows, in few queries, and the `latest` entry of their timeline."""
    latest = TimelineEntry.objects.filter(order=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    found = Order.objects.annotate(latest=Subquery(latest))
    found = found.select_related("approval", "shipment", "guest_hold", "anew_of")
    return found.prefetch_related("lines", "payments", "timeline")


def page_context(
    request: HttpRequest, order: Order, access: Access, forms: dict[str, BaseForm] | None = None
) -> dict[str, Any]:
    """Everything the order's page shows; `forms` are those that were sent and could not be accepted. "version" says
    what the order was and what its forms offer ("offer"): the stream sends forms anew only when they offer else.

    :param order: one of `whole`; its own row is read before the rest, so what changes in between is pushed, not missed
    """
    seen, given = _short_hash(tuple(getattr(order, column) for column in VERSION)), forms or {}
    only_reads, told = visitor.only_reads(request, order), told_of(order)
    can = possible(order, told, only_reads=only_reads)
    payment = max(order.payments.all(), key=lambda payment: payment.attempt, default=None)
    offer = _short_hash((can, order.total, order.language, payment and payment.pk))
    return {
        "order": order,
        "access": access,
        "here_url": access.url("order"),
        "only_reads": only_reads,
        "can": can,
        "live": order.status not in ENDED,
        "version": f"{seen}.{offer}",
        "offer": offer,
        "card": payment_card(order, told) if _has_money(order, told) else None,
        "steps": progress.steps(order),
        "next": progress.next_step(order, told),
        "entries": entries(order),
        "instead_of": _neighbours(access, [order.anew_of] if order.anew_of else []),
        "anew": _neighbours(access, order.placed_anew.all() if order.ended_at else []),
        "payment": payment,
        "test": order.payment_method == SandboxGateway.name,
        "transfer": transfer_details(order.number, can.received) if can.transfer else None,
        "pay_form": _pay_form(order, given.get("pay")),
        "page_form": given.get("page") or PageForm(auto_id=False),
        "transfer_form": given.get("transfer") or OnceForm(auto_id=False),
        "cancel_form": given.get("cancel") or CancelForm(auto_id="cancel-%s"),
        "item_form": given.get("item") or QuantityForm(auto_id="item-%s"),
        "language_form": given.get("language") or LanguageForm(initial={"language": order.language}, auto_id="mail-%s"),
        "again_form": given.get("again") or OnceForm(auto_id=False),
        "products": _to_add() if can.add else [],
        "refused": next((form for form in given.values() if form.non_field_errors()), None),
    }


def with_targets(response: HttpResponse, order: Order) -> HttpResponse:
    """An order's page, whose policy lets its form lead to Stripe while the order may be paid there; browsers look at
    where a form's answer sends them, too."""
    if order.payment_method == StripePages.name and order.status == OrderStatus.PENDING:
        response._csp_update = {"form-action": [settings.STRIPE_CHECKOUT_BASE]}  # type: ignore[attr-defined]
    return response


def _neighbours(access: Access, orders: Iterable[Order]) -> list[tuple[str, str]]:
    """Orders of the same customer that took the place of each other: number and address, by the same way."""
    reached = {one.number: Access(one.number, one.token if access.token else None) for one in orders}
    return [(number, way.url("order")) for number, way in sorted(reached.items())]


def _has_money(order: Order, told: Told) -> bool:
    """Whether anything was ever told of money for it; its timeline has been read anyway."""
    return bool(told.looked_at) or any(entry.kind in TOLD_OF_MONEY for entry in order.timeline.all())


def _pay_form(order: Order, sent: BaseForm | None) -> BaseForm:
    form = sent or PayForm(initial={"amount": order.rest}, auto_id="pay-%s")
    if isinstance(form, PayForm) and order.payment_method == SandboxGateway.name:
        form.offer_test_cards()
    return form


def _to_add() -> QuerySet[Product]:
    return Product.objects.on_sale().in_stock().order_by("category", "name")[:OFFERED_PRODUCTS]


def entries(order: Order) -> list[tuple[Any, str]]:
    """The public timeline, latest first: (when, sentence)."""
    public = sorted((entry for entry in order.timeline.all() if entry.public), key=lambda entry: entry.pk, reverse=True)
    return [(entry.at, labels.event(entry, for_customer=True)) for entry in public]


def versions(pks: Iterable[int]) -> dict[int, str]:
    """For each order what changes whenever something on its page does; one small query for all."""
    found = Order.objects.filter(pk__in=pks).annotate(latest=Max("timeline__pk")).values_list(*VERSION)
    return {row[0]: _short_hash(row) for row in found}


def _short_hash(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]
