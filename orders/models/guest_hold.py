"""How long a guest's goods are kept: for some hours, unless they confirm their address or pay."""

from datetime import datetime

from django.db import models
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order
from orders.models.timeline import TimelineEntry
from orders.rules.order_events import OrderEvent
from orders.rules.status import OrderStatus


class GuestHoldQuerySet(models.QuerySet["GuestHold"]):
    def unconfirmed(self) -> "GuestHoldQuerySet":
        """Those of orders that are neither confirmed, paid nor being cancelled. A charged card has paid, though its
        money may not be taken for a while: the provider may be away."""
        reserved = {"order__status": OrderStatus.PENDING, "order__undo_started_at": None}
        charged = TimelineEntry.objects.filter(order=models.OuterRef("order"), kind=OrderEvent.PAYMENT_CONFIRMED)
        return self.filter(~models.Exists(charged), confirmed_at=None, lapsed_at=None, **reserved)

    def lapsed(self) -> "GuestHoldQuerySet":
        """Those whose time is up, and whose order has not heard of that so far."""
        reserved = {"order__status": OrderStatus.PENDING, "order__undo_started_at": None}
        return self.exclude(lapsed_at=None).filter(**reserved)


class GuestHold(models.Model):
    """Until when an unconfirmed guest's order is kept. Whichever comes first counts: that its customer confirms (the
    link in the first mail was opened, written by the web) or that it lapses (written by an activity).

    `origin` and `session` say, unreadably, from where it was ordered; those of one visitor are the same.
    """

    order = models.OneToOneField(Order, models.CASCADE, related_name="guest_hold")
    until = models.DateTimeField(_("kept until"))
    origin = models.CharField(max_length=32, blank=True, db_index=True)
    session = models.CharField(max_length=32, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    lapsed_at = models.DateTimeField(_("lapsed"), null=True, blank=True)

    objects = GuestHoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("guest's reservation")
        verbose_name_plural = _("guests' reservations")
        indexes = [
            models.Index(
                fields=["until"], condition=models.Q(confirmed_at=None, lapsed_at=None), name="guest_hold_unconfirmed"
            )
        ]

    def __str__(self) -> str:
        return self.order.number

    def confirm(self, at: datetime) -> bool:
        """The customer's address is theirs; False where the time was up before."""
        GuestHold.objects.filter(pk=self.pk, confirmed_at=None, lapsed_at=None).update(confirmed_at=at)
        self.refresh_from_db()
        return self.confirmed_at is not None

    def put_off(self, until: datetime) -> None:
        """The goods are kept until then, where they still are and would not be."""
        kept = GuestHold.objects.filter(pk=self.pk, confirmed_at=None, lapsed_at=None)
        kept.filter(until__lt=until).update(until=until)

    @property
    def is_open(self) -> bool:
        """Whether it can still be confirmed."""
        return self.confirmed_at is None and self.lapsed_at is None


def confirmation_key(order: Order) -> str:
    """What stands in the link of an order's first mail, and nowhere else: 32 hex digits."""
    return salted_hmac("orders.guest_hold", order.token).hexdigest()[:32]


def is_confirmation_key(order: Order, key: str) -> bool:
    """Whether somebody has read the order's first mail."""
    return constant_time_compare(key, confirmation_key(order))
