"""How an order leaves the house."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.fields import choices, one_of
from orders.models.order import Order


class ShipmentState(StrEnum):
    SCHEDULED = "scheduled"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class Shipment(models.Model):
    """One parcel for one order."""

    order = models.OneToOneField(Order, models.PROTECT, related_name="shipment")
    state = models.CharField(_("state"), max_length=10, choices=choices(ShipmentState), default=ShipmentState.SCHEDULED)
    booking = models.CharField(_("carrier's booking"), max_length=80, blank=True)
    carrier = models.CharField(_("carrier"), max_length=60, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=80, blank=True)
    scheduled_at = models.DateTimeField(_("scheduled"), null=True)
    shipped_at = models.DateTimeField(_("shipped"), null=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True)

    class Meta:
        verbose_name = _("shipment")
        verbose_name_plural = _("shipments")
        constraints = [one_of("state", ShipmentState, "shipment_state_known")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.carrier} {self.tracking_number}"

    def move(self, state: ShipmentState, **columns: object) -> None:
        """Note how far the parcel got, with further columns by name."""
        for name, value in columns.items():
            setattr(self, name, value)
        self.state = state
        self.save()
