"""Whose orders staff have looked at: for the owner of the shop."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order


class OrderOpening(models.Model):
    """Somebody opened the page of an order in the admin, with its customer's name and address on it."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="+", verbose_name=_("order"))
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who"))
    at = models.DateTimeField(_("when"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("opened order")
        verbose_name_plural = _("opened orders")

    def __str__(self) -> str:
        return f"{self.person_id} {self.order_id}"
