"""Refunds by bank transfer, which finance carries out."""

from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orders.models.fields import MoneyField, choices
from orders.models.mutators import move
from orders.models.payment import PaymentEvent
from orders.rules import identifiers
from orders.rules.states import REFUND, RefundState


class RefundTask(models.Model):
    """A transfer back to a customer that finance has to make; done when a person says so."""

    key = models.CharField(max_length=160, unique=True, editable=False)
    order_number = models.CharField(_("order"), max_length=40, db_index=True)
    amount = MoneyField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    payee = models.CharField(pgettext_lazy("a payment", "to"), max_length=140, blank=True)
    iban = models.CharField(_("IBAN"), max_length=34, blank=True)
    purpose = models.CharField(_("purpose"), max_length=140)
    state = models.CharField(_("state"), max_length=8, choices=choices(RefundState), default=RefundState.OPEN.value)
    asked_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    done_by = models.CharField(_("done by"), max_length=60, blank=True)
    batch = models.ForeignKey(
        "RefundBatch", models.PROTECT, null=True, blank=True, related_name="tasks", verbose_name=_("file")
    )

    class Meta:
        verbose_name = _("refund to make")
        verbose_name_plural = _("refunds to make")
        permissions = [("make_refund", "Can mark refunds as made")]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_task_positive"),
            models.CheckConstraint(
                condition=Q(state="open", done_at=None) | Q(state="done", done_at__isnull=False),
                name="refund_task_done_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_number} {self.amount} {self.currency}"

    @classmethod
    def ask(
        cls, *, key: str, order_number: str, amount: Decimal, currency: str, money: PaymentEvent | None
    ) -> "RefundTask":
        """Have finance pay money back, once for each `key`; `money` is what came in, and says from whom.

        Where that is a refund which came back, the account that it went to is not tried again.
        """
        line = getattr(money.origin, "statement_line", None) if money else None
        came_back = money is not None and money.status == "returned"
        task, _new = cls.objects.get_or_create(
            key=key,
            defaults={
                "order_number": order_number,
                "amount": amount,
                "currency": currency,
                "payee": line.payer if line else "",
                "iban": line.payer_iban if line and not came_back else "",
                "purpose": f"Refund {order_number}",
            },
        )
        return task

    @property
    def end_to_end_id(self) -> str:
        """What its transfer is called at every bank, so that its debit can be told from all others."""
        return identifiers.end_to_end(self.pk)

    @property
    def cause(self) -> str:
        """What it is called in the journal."""
        return f"refund_task-{self.pk}"

    def move_to(self, state: RefundState, *, by: str, at: datetime) -> bool:
        """Record who made the transfer, and when; False where that was recorded before."""
        return move(self, state, REFUND, {"done_at": at, "done_by": by})
