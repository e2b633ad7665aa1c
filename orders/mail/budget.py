"""How much mail one address gets: what is more waits, and is seen waiting in the admin."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from orders.models import Notification
from orders.models.notification import TO_CUSTOMER

SAME_KIND_AGAIN = timedelta(hours=1)
BUDGET_OF = timedelta(days=1)


def held_until(notification: Notification, at: datetime) -> datetime | None:
    """Until when a mail to a customer has to wait; None where it may go out now.

    One of a kind goes out in an hour for an order, and `MAILS_A_DAY` go to one address in a day, whatever they are
    about. Mail to the shop's own people is not counted.
    """
    order = notification.order
    if order is None or notification.recipient != TO_CUSTOMER:
        return None
    sent = Notification.objects.filter(recipient=TO_CUSTOMER)
    same = sent.filter(order=order, kind=notification.kind, sent_at__gt=at - SAME_KIND_AGAIN)
    waits = [moment + SAME_KIND_AGAIN for moment in _moments(same)]
    if settings.MAILS_A_DAY:
        to_address = sent.filter(order__email__iexact=order.email, sent_at__gt=at - BUDGET_OF)
        waits += [moment + BUDGET_OF for moment in _moments(to_address, after=settings.MAILS_A_DAY - 1)]
    return max(waits, default=None)


def _moments(mails: QuerySet[Notification], *, after: int = 0) -> list[datetime]:
    """When the latest of them was sent, or the one so many before it; empty where there is none."""
    found = mails.order_by("-sent_at").values_list("sent_at", flat=True)[after : after + 1]
    return [moment for moment in found if moment]


def superseded_by(notification: Notification) -> QuerySet[Notification]:
    """Earlier mails that still wait and say, word for word, what this one says: the order as it is now."""
    earlier = Notification.objects.unsent().filter(
        order=notification.order, kind=notification.kind, data=notification.data, pk__lt=notification.pk
    )
    return earlier.filter(recipient=notification.recipient).exclude(order=None)
