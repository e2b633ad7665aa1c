"""What the ledgers that we keep ourselves have in common: one row a payment, one row a call that had an effect."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.models.fields import MoneyField, choices, one_of
from orders.models.mutators import move
from orders.rules.states import LEDGER, LedgerState


class LedgerPayment(models.Model):
    """One payment in a ledger."""

    reference = models.CharField(_("reference"), max_length=60, unique=True)
    order_number = models.CharField(_("order"), max_length=40, db_index=True)
    amount = MoneyField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    captured = MoneyField(default=Decimal("0.00"))
    refunded = MoneyField(default=Decimal("0.00"))
    state = models.CharField(_("state"), max_length=12, choices=choices(LedgerState), default=LedgerState.OPEN.value)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        constraints = [
            one_of("state", LedgerState, "%(class)s_state_known"),
            models.CheckConstraint(condition=Q(captured__lte=F("amount")), name="%(class)s_captured_was_asked"),
            models.CheckConstraint(condition=Q(refunded__lte=F("captured")), name="%(class)s_refunded_was_captured"),
        ]

    def __str__(self) -> str:
        return self.reference

    def move_to(self, state: LedgerState, **columns: object) -> bool:
        """Move on to `state`, with further columns; False where it is there already.

        :raises RuleBroken: `state` may not follow
        """
        return move(self, state, LEDGER, columns)

    def add_refund(self, amount: Decimal) -> None:
        """Count `amount` as given back. Call it inside a transaction that holds the row."""
        self.refunded += amount
        self.save(update_fields=["refunded"])


class LedgerOperation(models.Model):
    """One call that had an effect, and its answer, under its idempotency key."""

    key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(max_length=12)
    amount = MoneyField()
    answer = models.CharField(max_length=120)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.key
