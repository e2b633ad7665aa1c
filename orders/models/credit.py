"""The ledger of what orders are paid with their customers' credit, and what staff give or take; the credit itself
stands in the journal."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.fields import MoneyField, RequestKeyField, choices, once_a_request, one_of
from orders.models.ledger import LedgerOperation, LedgerPayment
from orders.models.mutators import move
from orders.rules import credit, identifiers
from orders.rules.states import RESOLUTION, ResolutionState
from orders.rules.totals import fingerprint


class CreditPayment(LedgerPayment):
    """What an order takes of its customer's credit."""


class CreditOperation(LedgerOperation):
    """One call on such a payment."""

    payment = models.ForeignKey(CreditPayment, models.CASCADE, related_name="operations")


class CreditAdjustment(models.Model):
    """What a member of staff gives to a customer's credit, or takes from it (written by the web), and what became of it
    (by activities). `result` is the code of a refusal, with its words in `details`.
    """

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="credit_adjustments", verbose_name=_("customer")
    )
    amount = MoneyField(_("amount"))
    out = models.BooleanField(_("taken from the credit"), default=False)
    reason = models.CharField(_("reason"), max_length=300)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked for by")
    )
    asked_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    state = models.CharField(
        _("state"), max_length=10, choices=choices(ResolutionState), default=ResolutionState.REQUESTED.value
    )
    result = models.CharField(_("result"), max_length=120, blank=True)
    details = models.JSONField(default=dict, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    request_key = RequestKeyField()

    class Meta:
        verbose_name = _("adjustment of store credit")
        verbose_name_plural = _("adjustments of store credit")
        permissions = [("adjust_credit", "Can give and take store credit")]
        constraints = [
            one_of("state", ResolutionState, "credit_adjustment_state_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="credit_adjustment_amount_positive"),
            models.CheckConstraint(condition=~Q(reason=""), name="credit_adjustment_for_a_reason"),
            once_a_request("credit_adjustment_once_a_request"),
        ]

    def __str__(self) -> str:
        return f"{'-' if self.out else '+'}{self.amount}"

    def move_to(self, state: ResolutionState, *, at: datetime, result: str = "", **details: str) -> bool:
        """Record what became of it; False where that was recorded before. Call it with the row locked.

        :raises RuleBroken: it ended in another way
        """
        return move(self, state, RESOLUTION, {"ended_at": at, "result": result[:120], "details": details})

    @property
    def cause(self) -> str:
        """What it is called in the journal, and what the customer's account knows it by."""
        return credit.cause(credit.ADJUSTMENT, self.pk)

    @property
    def workflow_id(self) -> str:
        return identifiers.credit_adjustment(self.pk)

    def fingerprint(self) -> str:
        """What a decision about it is made on."""
        return fingerprint([(f"{self.cause} {self.customer_id} {self.out} {self.reason}", self.amount, 1)], self.amount)
