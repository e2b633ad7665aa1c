"""How an order leaves the house."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.fields import choices, one_of
from orders.models.mutators import move
from orders.models.order import Order
from orders.rules.states import SHIPMENT, ShipmentState


class Shipment(models.Model):
    """One parcel for one order."""

    order = models.OneToOneField(Order, models.PROTECT, related_name="shipment")
    state = models.CharField(
        _("state"), max_length=10, choices=choices(ShipmentState), default=ShipmentState.SCHEDULED.value
    )
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

    def move_to(self, state: ShipmentState, **columns: object) -> bool:
        """Record how far the parcel got, with further columns; False where that was recorded before.

        :raises RuleBroken: `state` may not follow
        """
        return move(self, state, SHIPMENT, columns)
