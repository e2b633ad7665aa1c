"""Writing off what our bank took: asked for by one person with a reason, decided by somebody else."""

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from orders import labels
from orders.admin.base import people
from orders.admin.base.dialogs import MoneyForm, dialog
from orders.models import BankDebit, DebitWriteOff
from orders.rules import actors
from orders.rules.refusals import Refusal
from orders.rules.states import ResolutionState
from temporal_app.client.errors import Refused


def facts_of(debit: BankDebit) -> list[tuple[str, object]]:
    """What a dialog about a debit says of it."""
    return [
        (_("Debit"), labels.debit_kind(debit.kind)),
        (_("Amount"), labels.money(debit.amount, debit.currency)),
        (_("Order"), debit.order_number or "–"),
    ]


class WriteOffForm(MoneyForm):
    """Nobody will get it back, and why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        error_messages={"required": gettext_lazy("Please say why, for whoever has to approve it.")},
        help_text=gettext_lazy("Whoever has to approve it reads this."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.debit = get_object_or_404(BankDebit, pk=self.object_id)
        self.facts = facts_of(self.debit)
        if not self.debit.is_missing:
            self.closed = _("This debit has been settled.")
        self.closed = self.closed or people.own_order(self.request, self.debit.order_number)


WRITE_OFF = dialog(
    WriteOffForm,
    gettext_lazy("Write off"),
    gettext_lazy("Somebody else decides. If it is approved, the money counts as lost."),
    submit=gettext_lazy("Ask for approval"),
    danger=True,
)


def write_down(request: HttpRequest, form: WriteOffForm) -> DebitWriteOff:
    """The wish as a row; where the debit has one that nobody has decided about, that: a double click asks once.

    :raises Refused: the order is their own, or the debit's money has been given its place meanwhile
    """
    with transaction.atomic():
        debit = BankDebit.objects.select_for_update().get(pk=form.debit.pk)
        if people.own_order(request, debit.order_number):
            raise Refused(Refusal.OWN_ORDER, {"number": debit.order_number})
        if not debit.is_missing:
            when = f"{debit.settled_at:%Y-%m-%d %H:%M}" if debit.settled_at else "–"
            raise Refused(Refusal.DEBIT_SETTLED, {"who": debit.settled_by, "when": when})
        under_way = DebitWriteOff.under_way(debit)
        if under_way is not None:
            return under_way
        reason, person = form.cleaned_data["reason"].strip(), people.signed_in(request)
        return DebitWriteOff.objects.create(debit=debit, reason=reason, asked_by=person)


def waits(debit: BankDebit) -> str:
    """Why a debit cannot be settled as long as somebody wants to write it off; empty where nobody does."""
    under_way = DebitWriteOff.under_way(debit)
    if under_way is None:
        return ""
    return people.explain(Refused(Refusal.DEBIT_BUSY, {"who": actors.user(under_way.asked_by_id)}))


def outcome(asked: DebitWriteOff | None) -> str:
    """What became of the last wish to write a debit off, in words."""
    if asked is None:
        return "–"
    if asked.state == ResolutionState.REQUESTED and hasattr(asked, "approval"):
        return _("Waits for somebody else's approval.")
    if asked.state == ResolutionState.REQUESTED:
        return _("This takes a moment. If it stays like this, choose the same again; it is carried out once.")
    if asked.state == ResolutionState.REFUSED:
        debit = asked.debit
        params = {"number": debit.order_number, "who": debit.settled_by, "when": debit.settled_at}
        return _("Not approved. %(reason)s") % {"reason": labels.reason(asked.result, params)}
    return _("Approved and written off.")
