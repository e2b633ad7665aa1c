"""The dialog in which a payment is shared out among the orders that it pays, in one step."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from orders import labels
from orders.admin.payments.resolutions import ResolveForm, proposal, way_out
from orders.models import Order
from orders.models.resolution import ResolutionAction
from orders.reconciliation.near import near, proposed_shares

ROWS = 5


class ShareOutForm(ResolveForm):
    """Which orders a payment is for, and how much of it each gets."""

    action = ResolutionAction.ALLOCATE

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reason = self.fields.pop("reason")
        for row in range(1, ROWS + 1):
            self.fields[f"number_{row}"] = forms.CharField(
                label=_("Order %(row)s") % {"row": row},
                max_length=20,
                required=False,
                widget=UnfoldAdminTextInputWidget,
            )
            self.fields[f"share_{row}"] = forms.DecimalField(
                label=_("Its share %(row)s") % {"row": row},
                max_digits=12,
                decimal_places=2,
                min_value=Decimal("0.01"),
                required=False,
                localize=True,
                widget=UnfoldAdminTextInputWidget({"inputmode": "decimal"}),
            )
        self.fields["reason"] = reason
        if not self.closed:
            self._propose()

    def _propose(self) -> None:
        """Fill in what speaks for itself, and say what speaks for which order."""
        for row, (one, share) in enumerate(proposed_shares(self.payment_event)[:ROWS], start=1):
            self.initial.setdefault(f"number_{row}", one.order.number)
            self.initial.setdefault(f"share_{row}", share)
        self.facts = [*self.facts, *((_("Near match"), proposal(one)) for one in near(self.payment_event))]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        shares: dict[str, Decimal] = {}
        for row in range(1, ROWS + 1):
            number, share = (data.get(f"number_{row}") or "").strip().upper(), data.get(f"share_{row}")
            if not number and not share:
                continue
            if not number or not share:
                if f"share_{row}" not in self.errors:
                    self.add_error(f"number_{row}", _("An order and its share belong together."))
            elif number in shares:
                self.add_error(f"number_{row}", _("This order stands here twice."))
            elif not Order.objects.filter(number=number).exists():
                self.add_error(f"number_{row}", _("There is no order %(number)s.") % {"number": number})
            else:
                shares[number] = share
        if not shares and not self.errors:
            self.add_error("number_1", _("Please name an order, and its share."))
        self._check_sum(sum(shares.values(), Decimal("0.00")))
        data["shares"] = [[number, f"{share:.2f}"] for number, share in shares.items()]
        return data

    def _check_sum(self, total: Decimal) -> None:
        came = self.payment_event.amount
        if total > came:
            currency = self.payment_event.currency
            words = {"total": labels.money(total, currency), "amount": labels.money(came, currency)}
            self.add_error("share_1", _("The shares come to %(total)s, but only %(amount)s came in.") % words)

    def decided(self) -> dict[str, Any]:
        return {**super().decided(), "shares": self.cleaned_data["shares"]}


SHARE_OUT = way_out(
    ShareOutForm,
    gettext_lazy(
        "Each order gets its share, all in one step. What is over stays here under its own name and waits for another "
        "decision: it can be sent back, or given to another order."
    ),
)
