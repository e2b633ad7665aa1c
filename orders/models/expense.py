"""Expenses that staff ask to be paid back."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.fields import MoneyField, RequestKeyField, choices, once_a_request, one_of
from orders.models.mutators import move
from orders.rules.states import EXPENSE, ExpenseState
from orders.rules.totals import fingerprint


class ExpenseRequest(models.Model):
    """One expense. Its requester types it as a draft (web); from submission on an approval writes its state."""

    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="expenses", verbose_name=_("requested by")
    )
    amount = MoneyField(_("amount"))
    category = models.CharField(_("category"), max_length=80)
    description = models.TextField(_("description"))
    state = models.CharField(
        _("state"), max_length=10, choices=choices(ExpenseState), default=ExpenseState.DRAFT.value, editable=False
    )
    reason = models.TextField(_("reason"), blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True, editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, editable=False)
    request_key = RequestKeyField()

    class Meta:
        verbose_name = _("expense")
        verbose_name_plural = _("expenses")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="expense_amount_positive"),
            one_of("state", ExpenseState, "expense_state_known"),
            once_a_request("expense_once_a_request"),
        ]

    def __str__(self) -> str:
        return f"{self.category} {self.amount}"

    def fingerprint(self) -> str:
        """What a decision about this expense is made on."""
        return fingerprint([(f"expense-{self.pk} {self.category} {self.description}", self.amount, 1)], self.amount)

    def move_to(self, state: ExpenseState, **columns: object) -> bool:
        """Record what became of it, with further columns; False where that was recorded before.

        :raises RuleBroken: `state` may not follow
        """
        return move(self, state, EXPENSE, columns)
