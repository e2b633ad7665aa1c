"""What happened to an order, in the order it happened; written once, never changed."""

from datetime import datetime
from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.fields import choices, one_of
from orders.models.mutators import write_once
from orders.models.order import Order
from orders.rules.order_events import PUBLIC, OrderEvent


class TimelineQuerySet(models.QuerySet["TimelineEntry"]):
    def public(self) -> "TimelineQuerySet":
        """What the customer may read."""
        return self.filter(public=True)


class TimelineEntry(models.Model):
    """One thing that happened. `key` makes writing it twice one entry."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="timeline")
    kind = models.CharField(_("what"), max_length=30, choices=choices(OrderEvent))
    key = models.CharField(max_length=120)
    actor = models.CharField(_("who"), max_length=60)
    public = models.BooleanField(_("customer sees it"))
    data = models.JSONField(_("details"), default=dict, blank=True)
    at = models.DateTimeField(_("when"))

    objects = TimelineQuerySet.as_manager()

    class Meta:
        verbose_name = _("timeline entry")
        verbose_name_plural = _("timeline")
        constraints = [
            models.UniqueConstraint(fields=["order", "key"], name="timeline_entry_once"),
            one_of("kind", OrderEvent, "timeline_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("A timeline entry is never changed; write another one.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("A timeline entry is never deleted.")

    @classmethod
    def record(cls, order: Order, kind: OrderEvent, *, by: str, at: datetime, key: str = "", **data: object) -> None:
        """Write down that something happened, once.

        :param by: who did it, e.g. `user:17` or `system`; never personal data
        :param key: what tells it from another of its kind on this order; empty where there is only one
        :param data: details, JSON
        """
        key = f"{kind}:{key}" if key else str(kind)
        entry = cls(order=order, key=key, kind=kind, actor=by, public=kind in PUBLIC, data=data, at=at)
        write_once(entry, key=["order", "key"])
