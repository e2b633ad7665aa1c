"""Giving some of an order's money back: a line, some pieces of it, or an amount."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from orders import labels
from orders.admin.base import people
from orders.admin.base.dialogs import MoneyForm, call_client, dialog, dialog_action
from orders.admin.payments.refunds import ASKS, said
from orders.authorization.own_orders import check_not_own
from orders.models import Order, OrderLine, Refund
from orders.payments import refundable
from orders.payments.refundable import LEFT_THE_HOUSE, Wanted, asked_for, left_of, pieces_left
from orders.rules import actors
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import RefundStage
from orders.rules.totals import ZERO, total
from temporal_app import client
from temporal_app.client.errors import Refused, kept


def why_not(order: Order, left: Decimal | None = None) -> str:
    """Why nothing of this order can be refunded; empty where something can.

    :param left: what could be given back, where somebody has read that already
    """
    if broken := refundable.why_not(order):
        return labels.refusal(broken.code, broken.params)
    if not (left_of(order, asked_for(order)) if left is None else left):
        return _("Everything that was paid for this order has been refunded, or is going to be.")
    return ""


class AmountField(forms.DecimalField):
    """An amount in one currency, which may stand beside it; in another it is refused."""

    currency = "EUR"

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        for word in (self.currency, labels.money(ZERO, self.currency)[-1]):
            text = text.removesuffix(word).removeprefix(word).strip()
        if any(not (char.isdigit() or char in "-+., '\N{NO-BREAK SPACE}") for char in text):
            raise forms.ValidationError(
                _("Please give the amount in %(currency)s, as a number.") % {"currency": self.currency}
            )
        return super().to_python(text)


class RefundForm(MoneyForm):
    """How much goes back, of what, and why. `request_key` says how many refunds of the order the person saw."""

    amount = AmountField(
        label=gettext_lazy("Amount"),
        required=False,
        max_digits=12,
        decimal_places=2,
        min_value=Decimal("0.01"),
        localize=True,
        widget=UnfoldAdminTextInputWidget({"inputmode": "decimal"}),
        help_text=gettext_lazy("Left empty, it is the price of the pieces above."),
    )
    goods_return = forms.BooleanField(
        label=gettext_lazy("These pieces come back into the stock"), required=False, widget=UnfoldBooleanWidget
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        error_messages={"required": gettext_lazy("Please say why, for whoever reads it later.")},
    )
    request_key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = get_object_or_404(Order, pk=self.object_id)
        self.left = left_of(self.order, asked_for(self.order))
        self.facts = [
            (_("Order"), self.order.number),
            (_("Total"), labels.money(self.order.total, self.order.currency)),
            (_("Refundable"), labels.money(self.left, self.order.currency)),
        ]
        if self.order.credit:
            self.facts.append((_("Way back"), _way_back(self.order)))
        self.initial["request_key"] = f"{self.order.number}:{_count(self.order)}"
        self.closed = why_not(self.order)
        self.pieces: dict[int, int] = {}
        pieces = pieces_left(self.order, asked_for(self.order))
        self.order_lines = [line for line in self.order.lines.order_by("pk") if pieces[line.pk]]
        fields = {_name(line): _pieces_field(line, pieces[line.pk]) for line in self.order_lines}
        self.fields = {**fields, **self.fields}
        amount = self.fields["amount"]
        if isinstance(amount, AmountField):
            amount.currency = self.order.currency
        if self.order.status not in LEFT_THE_HOUSE:
            del self.fields["goods_return"]
            self.facts.append((_("Goods"), _("Pieces chosen here are not sent and stay in the stock.")))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        chosen = {line: data.get(_name(line)) or 0 for line in self.order_lines}
        self.pieces = {line.pk: quantity for line, quantity in chosen.items() if quantity}
        if not self.errors:
            price = total((line.unit_price, quantity) for line, quantity in chosen.items())
            data["amount"] = data.get("amount") or price
            self._check(data)
        return data

    def _check(self, data: dict[str, Any]) -> None:
        if not data["amount"]:
            self.add_error("amount", labels.refusal(Refusal.REFUND_OF_NOTHING, {}))
        elif data.get("goods_return") and not self.pieces:
            self.add_error("goods_return", _("Please say which pieces come back."))
        elif data["amount"] > self.left:
            params = {"number": self.order.number, "left": self.left}
            self.add_error("amount", labels.refusal(Refusal.REFUND_TOO_MUCH, params))

    def wanted(self) -> Wanted:
        """What was typed."""
        data = self.cleaned_data
        return Wanted(data["amount"], self.order.currency, self.pieces, bool(data.get("goods_return")))


def _way_back(order: Order) -> str:
    outside = labels.money(refundable.left_outside(order, asked_for(order)), order.currency)
    words = {"outside": outside, "method": labels.payment_method(order.payment_method)}
    return (
        _("Up to %(outside)s go back the way they were paid (%(method)s); beyond that it becomes store credit.") % words
    )


def _name(line: OrderLine) -> str:
    return f"pieces_{line.pk}"


def _pieces_field(line: OrderLine, left: int) -> forms.IntegerField:
    words = {"name": line.name, "left": left, "price": labels.money(line.unit_price, line.order.currency)}
    return forms.IntegerField(
        label=_("%(name)s: pieces, at most %(left)s at %(price)s each") % words,
        required=False,
        min_value=0,
        max_value=left,
        widget=UnfoldAdminTextInputWidget({"inputmode": "numeric"}),
    )


REFUND = dialog(
    RefundForm,
    gettext_lazy("Refund in part"),
    gettext_lazy("The money goes back the way it came, and the customer gets a mail. Much of it needs an approval."),
    danger=True,
)


class RefundActions:
    """The action of the orders' admin that gives some money back."""

    def has_ask_refund_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(ASKS)

    @dialog_action(REFUND, permission="ask_refund")
    def refund(self, request: HttpRequest, form: RefundForm, object_id: str) -> HttpResponse:
        def step() -> str:
            refund = _write_down(request, form)
            with kept():
                return said(client.refund_in_part(refund.pk))

        back = reverse("admin:orders_order_change", args=[form.order.pk])
        return call_client(request, form, REFUND, step, back=back)


def _write_down(request: HttpRequest, form: RefundForm) -> Refund:
    """What was typed as a row; the same, typed again by the same person before it was heard, is the same refund.

    :raises Refused: somebody else, or something else, came first; or it cannot be refunded
    """
    wanted, reason, key = form.wanted(), form.cleaned_data["reason"].strip(), form.cleaned_data["request_key"]
    person = people.signed_in(request)
    with transaction.atomic():
        order = Order.objects.locked(form.order.number)
        mine = [one for one in Refund.objects.filter(order=order, asked_by=person, reason=reason) if _is(one, wanted)]
        same = [one for one in mine if one.request_key == key or _is_unheard(one)]
        if same:
            return same[0]
        earlier = Refund.objects.filter(order=order).order_by("-pk").first()
        if earlier is not None and key != f"{order.number}:{_count(order)}":
            params = {"who": actors.user(earlier.asked_by_id), "amount": str(earlier.amount)}
            raise Refused(Refusal.REFUND_MEANWHILE, params)
        try:
            check_not_own(order, people.by(request))
            refundable.check(order, wanted, asked_for(order))
        except RuleBroken as broken:
            raise Refused(broken.code, broken.params) from broken
        return _row(order, wanted, reason=reason, request_key=key, asked_by=person)


def _count(order: Order) -> int:
    return Refund.objects.filter(order=order).count()


def _row(order: Order, wanted: Wanted, **columns: Any) -> Refund:
    refund = Refund.objects.create(
        order=order,
        amount=wanted.amount,
        currency=wanted.currency,
        goods_return=wanted.goods_return,
        **columns,
    )
    for line, quantity in wanted.pieces.items():
        refund.lines.create(line_id=line, quantity=quantity)
    return refund


def _is(refund: Refund, wanted: Wanted) -> bool:
    return Wanted.of(refund) == wanted


def _is_unheard(refund: Refund) -> bool:
    """Whether it was written down and nobody has taken it up."""
    return refund.state == RefundStage.REQUESTED and not hasattr(refund, "approval")
