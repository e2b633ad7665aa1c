"""Customers who were forgotten: that it was done, and what stayed and why; nothing of whom."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ErasureRecord(models.Model):
    """One erasure: asked for by a person (the web, a command), carried out by an activity.

    `email` is there until it is carried out, and whose it was is known by keys alone afterwards. `removed` counts rows
    by kind; `kept` lists what stays: kind, how much, why. Where something waits for orders that are open, or for
    credit, it is not finished, and goes on by itself.
    """

    asked_by = models.CharField(_("who"), max_length=60)
    reason = models.CharField(_("reason"), max_length=300)
    asked_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+")
    email = models.EmailField(blank=True, editable=False)
    open_orders = models.JSONField(default=list, editable=False)
    removed = models.JSONField(_("removed"), default=dict, editable=False)
    kept = models.JSONField(_("kept"), default=list, editable=False)
    done_at = models.DateTimeField(_("carried out"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        permissions = [("erase_customer", "Can erase what the shop knows of a customer")]
        constraints = [
            models.CheckConstraint(condition=~Q(reason="") & ~Q(asked_by=""), name="erasure_for_a_reason"),
            models.CheckConstraint(condition=Q(done_at=None) | Q(email=""), name="erasure_forgets_whom"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def take_back(self) -> None:
        """Nobody has heard of it, and it is not carried out."""
        ErasureRecord.objects.filter(pk=self.pk, done_at=None).delete()

    def note(
        self,
        *,
        removed: dict[str, int],
        kept: Sequence[Sequence[object]],
        open_orders: list[int],
        at: datetime,
        waits: bool,
    ) -> None:
        """Write down what went and what stays, and whether something of that still has to go later."""
        self.removed, self.kept, self.open_orders, self.email = removed, [list(one) for one in kept], open_orders, ""
        self.done_at, self.finished_at = self.done_at or at, None if waits else at
        self.save(update_fields=["removed", "kept", "open_orders", "email", "done_at", "finished_at"])
