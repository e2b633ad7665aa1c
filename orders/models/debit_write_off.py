"""What a member of staff wants to write off of what our bank took: decided by somebody else."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.bank_debit import BankDebit
from orders.models.fields import choices, one_of
from orders.models.mutators import move
from orders.rules.states import RESOLUTION, ResolutionState
from orders.rules.totals import fingerprint


class DebitWriteOff(models.Model):
    """A wish to write one debit off (written by the web) and what became of it (by an activity). `result` says why not:
    the code of a refusal, or of the end of its approval."""

    debit = models.ForeignKey(BankDebit, models.PROTECT, related_name="write_offs", verbose_name=_("debit"))
    reason = models.CharField(_("reason"), max_length=300)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked for by")
    )
    asked_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    state = models.CharField(
        _("state"), max_length=10, choices=choices(ResolutionState), default=ResolutionState.REQUESTED.value
    )
    result = models.CharField(_("result"), max_length=120, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("write-off of a debit")
        verbose_name_plural = _("write-offs of debits")
        constraints = [
            one_of("state", ResolutionState, "debit_write_off_state_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="debit_write_off_for_a_reason"),
            models.UniqueConstraint(
                fields=["debit"], condition=Q(state="requested"), name="debit_write_off_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.debit}"

    @classmethod
    def under_way(cls, debit: BankDebit) -> "DebitWriteOff | None":
        """What somebody wants to write off of a debit, as long as nobody has decided."""
        return cls.objects.filter(debit=debit, state=ResolutionState.REQUESTED).select_related("asked_by").first()

    def move_to(self, state: ResolutionState, *, at: datetime, result: str = "") -> bool:
        """Record what became of it; False where that was recorded before.

        :raises RuleBroken: it ended in another way
        """
        return move(self, state, RESOLUTION, {"ended_at": at, "result": result[:120]})

    def fingerprint(self) -> str:
        """What a decision about it is made on."""
        debit = self.debit
        return fingerprint([(f"{debit.cause} {debit.currency} {self.reason}", debit.amount, 1)], debit.amount)
