"""Refunds in part: what of an order's money a person wants to give back, and what became of it."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from orders.models.fields import MoneyField, RequestKeyField, choices, once_a_request, one_of
from orders.models.mutators import change, move
from orders.models.order import Order, OrderLine
from orders.models.payment import Payment
from orders.rules import identifiers
from orders.rules.states import REFUND_STAGE, RefundStage
from orders.rules.totals import ZERO, fingerprint


class RefundQuerySet(models.QuerySet["Refund"]):
    def under_way(self) -> "RefundQuerySet":
        """Those that have not come to an end."""
        return self.filter(state__in=[RefundStage.REQUESTED, RefundStage.SENDING])

    def sum(self) -> Decimal:
        """What they come to."""
        return (self.aggregate(all=Sum("amount"))["all"] or ZERO).quantize(ZERO)


class Refund(models.Model):
    """Money of an order that a person wants to give back (written by the web), and what became of it (by activities).

    `goods_return` says that the pieces in `lines` come back into the stock. `payment` is where the money comes from,
    known once it is being sent; `credit` is what of it goes to the customer's store credit, because no more was paid
    otherwise. `result` is the provider's id of it, or the code of a refusal with its words in
    `details`. `unknown_since` is since when nobody can say whether the provider has sent it; that is asked until it
    says. `request_key` names the order and how many refunds of it the person saw.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="refunds", verbose_name=_("order"))
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, blank=True, related_name="refunds")
    amount = MoneyField(_("amount"))
    credit = MoneyField(_("of it as store credit"), default=ZERO)
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=500)
    goods_return = models.BooleanField(_("the goods come back"), default=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked for by")
    )
    asked_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    state = models.CharField(
        _("state"), max_length=10, choices=choices(RefundStage), default=RefundStage.REQUESTED.value
    )
    result = models.CharField(_("result"), max_length=120, blank=True)
    details = models.JSONField(default=dict, blank=True)
    unknown_since = models.DateTimeField(_("outcome not known since"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    request_key = RequestKeyField()

    objects = RefundQuerySet.as_manager()

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        permissions = [("ask_refund", "Can refund orders in part")]
        constraints = [
            one_of("state", RefundStage, "refund_state_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(
                condition=Q(credit__gte=0, credit__lte=models.F("amount")), name="refund_credit_is_of_it"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="refund_for_a_reason"),
            models.CheckConstraint(
                condition=~Q(state__in=["sending", "done"]) | Q(payment__isnull=False), name="refund_of_a_payment"
            ),
            once_a_request("refund_once_a_request"),
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.amount} {self.currency}"

    # Mutators. Call them inside a transaction that holds the order's row.

    def begin(self, payment: Payment, *, credit: Decimal) -> bool:
        """Record that it is being sent, and how much of it as store credit; False where that was recorded before."""
        return move(self, RefundStage.SENDING, REFUND_STAGE, {"payment": payment, "credit": credit})

    def end(self, state: RefundStage, *, at: datetime, result: str = "", **details: Any) -> bool:
        """Record what became of it; False where that was recorded before.

        :raises RuleBroken: it ended in another way
        """
        return move(self, state, REFUND_STAGE, {"ended_at": at, "result": result[:120], "details": details})

    def note_unknown(self, at: datetime) -> None:
        """Record that it is not known whether the provider has sent it; the first time counts."""
        if self.state == RefundStage.SENDING and self.unknown_since is None:
            change(self, unknown_since=at)

    # Queries

    @property
    def to_provider(self) -> Decimal:
        """What of it goes back through the payment's provider."""
        return self.amount - self.credit

    @property
    def cause(self) -> str:
        """What it is called in the journal."""
        return f"refund-{self.pk}"

    @property
    def workflow_id(self) -> str:
        return identifiers.refund(self.pk)

    @property
    def key(self) -> str:
        """Under which its provider sends it once."""
        return f"{self.order.number}:refund-part:{self.pk}"

    def fingerprint(self) -> str:
        """What a decision about it is made on."""
        return fingerprint([(f"refund-{self.pk} {self.reason} {self.goods_return}", self.amount, 1)], self.amount)


class RefundLine(models.Model):
    """So many pieces of a line that a refund is for."""

    refund = models.ForeignKey(Refund, models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="refunds", verbose_name=_("line"))
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("refunded line")
        verbose_name_plural = _("refunded lines")
        constraints = [
            models.UniqueConstraint(fields=["refund", "line"], name="refund_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="refund_line_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line.name}"
