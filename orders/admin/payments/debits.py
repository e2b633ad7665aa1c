"""What went out of our account and concerns the shop: refunds carried out, and money taken back, for people to look
at."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.dialogs import MoneyForm, call_client, dialog, dialog_action
from orders.admin.base.filters import by_label
from orders.admin.base.keys import key
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.admin.payments.giving_up import WRITE_OFF, WriteOffForm, facts_of, outcome, waits, write_down
from orders.models import BankDebit, Order
from orders.reconciliation.debit_ways import ways_of
from orders.rules.states import DebitState, DebitWay
from temporal_app import client
from temporal_app.client.errors import kept

WAYS = {
    DebitWay.REFUND: gettext_lazy("to the refund for %(number)s, which is made with it"),
    DebitWay.FILE: gettext_lazy("to the file %(row)s, whose refunds are made with it"),
    DebitWay.OWED: gettext_lazy("to order %(number)s, whose customer owes it again"),
}


class SettleForm(MoneyForm):
    """A person has dealt with a debit, and says how."""

    belongs = forms.ChoiceField(label=gettext_lazy("Its money belongs"), required=False, widget=UnfoldAdminSelectWidget)
    comment = forms.CharField(
        label=gettext_lazy("What came of it"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.debit = get_object_or_404(BankDebit, pk=self.object_id)
        self.facts = facts_of(self.debit)
        self.ways = {f"{way}:{row.pk}": (way, row) for way, row in ways_of(self.debit)}
        belongs = self.fields["belongs"]
        if isinstance(belongs, forms.ChoiceField):
            belongs.choices = [("", _("to none of these: it stays missing in the journal")), *self._offered()]
        if self.debit.state != DebitState.OPEN:
            self.closed = _("This debit has been settled.")
        self.closed = self.closed or people.own_order(self.request, self.debit.order_number)
        self.closed = self.closed or waits(self.debit)

    def _offered(self) -> Iterator[tuple[str, str]]:
        for value, (way, row) in self.ways.items():
            yield value, WAYS[way] % {"row": row, "number": getattr(row, "order_number", row)}

    def chosen(self) -> dict[str, Any]:
        """Where the money belongs, as the client function wants to know it."""
        way, row = self.ways.get(self.cleaned_data["belongs"], (DebitWay.NOWHERE, None))
        return {"way": way, "key": row.pk if row and way in (DebitWay.REFUND, DebitWay.FILE) else 0}


SETTLE = dialog(
    SettleForm,
    gettext_lazy("Settle"),
    gettext_lazy("Say where its money belongs, and what came of it. That cannot be taken back."),
)


@admin.register(BankDebit)
class BankDebitAdmin(ReadOnlyAdmin):
    """Debits, those first that wait for a person."""

    when_empty = gettext_lazy("What the bank took from our account stands here, as far as it concerns an order.")
    list_display = ("booked", "sum", "sort", "payee", "words", "order", "progress")
    list_filter = (
        by_label("state", gettext_lazy("state"), labels.debit_state),
        by_label("kind", gettext_lazy("what it is"), labels.debit_kind),
    )
    search_fields = ("order_number", "end_to_end", "purpose", "payee")
    date_hierarchy = "booked_on"
    ordering = ("state", "-booked_on", "-pk")  # open ones first
    list_select_related = ("refund_task", "statement")
    fields = (
        "booked", "sum", "sort", "meaning", "payee", "payee_iban", "purpose", "end_to_end", "entry_reference",
        "account", "order", "refund", "statement", "progress", "settled", "who", "comment", "given_up",
    )  # fmt: skip

    actions_detail = ("settle", "write_off")

    settled = html.moment_column("settled_at", gettext_lazy("settled"))

    def has_settle_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("orders.settle_bankdebit")

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        debit = BankDebit.objects.filter(pk=key(object_id) or 0).first()
        open_to = {
            "settle": debit is not None and debit.state == DebitState.OPEN,
            "write_off": debit is not None and debit.is_missing,
        }
        offered = super().get_actions_detail(request, object_id)
        return [one for one in offered if open_to[one.method.__name__]]

    @dialog_action(SETTLE, permission="settle")
    def settle(self, request: HttpRequest, form: SettleForm, object_id: str) -> HttpResponse:
        def step() -> str:
            form.debit.note(form.cleaned_data["comment"])
            client.settle_debit(form.debit.pk, by=people.by(request), **form.chosen())
            return _("The debit is settled.")

        return call_client(
            request, form, SETTLE, step, back=reverse("admin:orders_bankdebit_change", args=[form.debit.pk])
        )

    @dialog_action(WRITE_OFF, permission="settle")
    def write_off(self, request: HttpRequest, form: WriteOffForm, object_id: str) -> HttpResponse:
        def step() -> str:
            asked = write_down(request, form)
            with kept():
                client.ask_to_write_off_debit(asked.pk)
            return _("Waits for somebody else's approval.")

        back = reverse("admin:orders_bankdebit_change", args=[form.debit.pk])
        return call_client(request, form, WRITE_OFF, step, back=back)

    @display(description=gettext_lazy("booked"), ordering="booked_on")
    def booked(self, debit: BankDebit) -> str:
        return labels.day(debit.booked_on)

    @display(description=gettext_lazy("amount"), ordering="amount")
    def sum(self, debit: BankDebit) -> str:
        return labels.money(debit.amount, debit.currency)

    @display(description=gettext_lazy("what it is"), ordering="kind")
    def sort(self, debit: BankDebit) -> str:
        return labels.debit_kind(debit.kind)

    @display(description=gettext_lazy("what that means"))
    def meaning(self, debit: BankDebit) -> str:
        return labels.debit_meaning(debit.kind)

    @display(description=gettext_lazy("purpose"))
    def words(self, debit: BankDebit) -> str:
        return debit.purpose or debit.end_to_end or "–"

    @display(description=gettext_lazy("order"), ordering="order_number")
    def order(self, debit: BankDebit) -> SafeString | str:
        found = Order.objects.filter(number=debit.order_number).first() if debit.order_number else None
        if found is None:
            return debit.order_number or "–"
        return html.link(reverse("admin:orders_order_change", args=[found.pk]), found.number)

    @display(description=gettext_lazy("refund"))
    def refund(self, debit: BankDebit) -> SafeString | str:
        task = debit.refund_task
        return html.link(reverse("admin:orders_refundtask_change", args=[task.pk]), task.end_to_end_id) if task else "–"

    @display(description=gettext_lazy("state"), ordering="state")
    def progress(self, debit: BankDebit) -> SafeString:
        return html.badge(labels.debit_state(debit.state), "unmatched" if debit.state == "open" else "done")

    @display(description=gettext_lazy("settled by"))
    def who(self, debit: BankDebit) -> str:
        by = debit.settled_by
        return labels.actor(by, people.names([by])) if by else "–"

    @display(description=gettext_lazy("written off"))
    def given_up(self, debit: BankDebit) -> SafeString | str:
        last = debit.write_offs.select_related("approval").order_by("-pk").first()
        if last is None or not hasattr(last, "approval"):
            return outcome(last)
        return html.link(reverse("admin:orders_approvalrequest_change", args=[last.approval.pk]), outcome(last))
