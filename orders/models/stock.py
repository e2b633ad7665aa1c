"""What of a product is promised to which order."""

from enum import StrEnum

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.catalog import Product
from orders.models.fields import choices, one_of
from orders.models.order import Order


class ReservationState(StrEnum):
    HELD = "held"
    RELEASED = "released"
    SHIPPED = "shipped"


class Reservation(models.Model):
    """Pieces of one product promised to one order."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="reservations")
    product = models.ForeignKey(Product, models.PROTECT, related_name="reservations")
    quantity = models.PositiveIntegerField(_("quantity"))
    state = models.CharField(
        _("state"), max_length=10, choices=choices(ReservationState), default=ReservationState.HELD
    )

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        constraints = [
            models.UniqueConstraint(fields=["order", "product"], name="reservation_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_quantity_positive"),
            one_of("state", ReservationState, "reservation_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product_id} ({self.state})"
