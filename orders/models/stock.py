"""What of a product is promised to which order."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.catalog import Product
from orders.models.fields import choices, one_of
from orders.models.mutators import move
from orders.models.order import Order
from orders.rules.states import RESERVATION, ReservationState


class Reservation(models.Model):
    """Pieces of one product promised to one order."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="reservations")
    product = models.ForeignKey(Product, models.PROTECT, related_name="reservations")
    quantity = models.PositiveIntegerField(_("quantity"))
    state = models.CharField(
        _("state"), max_length=10, choices=choices(ReservationState), default=ReservationState.HELD.value
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

    def move_to(self, state: ReservationState) -> bool:
        """Move on to `state`; False where it is there already.

        :raises RuleBroken: `state` may not follow
        """
        return move(self, state, RESERVATION)
