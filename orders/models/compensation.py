"""What the system could not undo by itself and a person must look at."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.fields import MoneyField
from orders.models.order import Order


class CompensationFailure(models.Model):
    """One step of one order that could not be undone, with the money at risk."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="compensation_failures", verbose_name=_("order"))
    step = models.CharField(_("step"), max_length=40)
    error = models.TextField(_("error"))
    amount_at_risk = MoneyField(_("money at risk"))
    currency = models.CharField(_("currency"), max_length=3)
    happened_at = models.DateTimeField(_("happened"))

    class Meta:
        verbose_name = _("failed reversal")
        verbose_name_plural = _("failed reversals")
        constraints = [models.UniqueConstraint(fields=["order", "step"], name="compensation_failure_once_per_step")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.step}"
