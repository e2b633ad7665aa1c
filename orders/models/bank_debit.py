"""Money that went out of our account and concerns the shop: refunds that were carried out, and money taken back."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orders.models.fields import choices, one_of
from orders.models.mutators import move
from orders.models.refund_task import RefundTask
from orders.models.statements import BankStatement, BookedEntry
from orders.rules.states import DEBIT, DebitKind, DebitState, DebitWay


class BankDebit(BookedEntry):
    """One debit. That of a refund closes it, once; what else concerns us waits for a person.

    Any other than a refund's stands on its account `taken_back`, below zero, until a person has said where its money
    belongs (`way`).
    """

    statement = models.ForeignKey(BankStatement, models.PROTECT, related_name="taken", verbose_name=_("statement"))
    purpose = models.CharField(_("purpose"), max_length=500, blank=True)
    payee = models.CharField(pgettext_lazy("a payment", "to"), max_length=140, blank=True)
    payee_iban = models.CharField(_("IBAN"), max_length=34, blank=True)
    kind = models.CharField(_("what it is"), max_length=20, choices=choices(DebitKind))
    order_number = models.CharField(_("order"), max_length=40, blank=True, db_index=True)
    refund_task = models.ForeignKey(
        RefundTask, models.PROTECT, null=True, blank=True, related_name="debits", verbose_name=_("refund")
    )
    state = models.CharField(_("state"), max_length=10, choices=choices(DebitState), default=DebitState.OPEN.value)
    way = models.CharField(
        _("where its money belongs"),
        max_length=10,
        choices=choices(DebitWay),
        default=DebitWay.NOWHERE.value,
        blank=True,
    )
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_by = models.CharField(_("settled by"), max_length=60, blank=True)
    comment = models.CharField(_("comment"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("debit")
        verbose_name_plural = _("debits")
        permissions = [("settle_bankdebit", "Can settle debits that need a person")]
        indexes = [models.Index(fields=["booked_on", "entry_total"], name="bank_debit_booked")]
        constraints = [
            one_of("kind", DebitKind, "bank_debit_kind_known"),
            one_of("state", DebitState, "bank_debit_state_known"),
            one_of("way", DebitWay, "bank_debit_way_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="bank_debit_positive"),
            models.UniqueConstraint(
                fields=["refund_task"], condition=Q(kind="refund"), name="bank_debit_closes_a_refund_once"
            ),
            models.CheckConstraint(
                condition=~Q(kind="refund") | Q(refund_task__isnull=False), name="bank_debit_of_a_refund"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount} {self.currency}"

    @property
    def cause(self) -> str:
        """What it is called in the journal."""
        return f"bank_debit-{self.pk}"

    @property
    def is_missing(self) -> bool:
        """Whether nobody has said yet where its money belongs, or only that it is not known."""
        return self.kind != DebitKind.REFUND and self.way == DebitWay.NOWHERE

    def note(self, comment: str) -> None:
        """Write down what a person says of it, as long as it is open."""
        type(self).objects.filter(pk=self.pk, state=DebitState.OPEN).update(comment=comment)

    def settle(self, *, by: str, at: datetime, way: DebitWay = DebitWay.NOWHERE) -> bool:
        """Record that a person has dealt with it; False where that was recorded before."""
        return move(self, DebitState.SETTLED, DEBIT, {"settled_at": at, "settled_by": by, "way": way})

    def give_up(self, *, by: str, at: datetime) -> bool:
        """Record that its money is written off; False where somebody has said before where it belongs."""
        missing = type(self).objects.filter(pk=self.pk, way=DebitWay.NOWHERE)
        settled = {"state": DebitState.SETTLED, "settled_at": at, "settled_by": by, "way": DebitWay.WRITE_OFF}
        return missing.update(**settled) == 1
