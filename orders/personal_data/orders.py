"""Whose an order that has ended was: forgotten, while the order itself stays."""

from collections.abc import Sequence

from django.utils import timezone

from orders.models import ContactDetails, GuestHold, Order, TimelineEntry, TypedWords
from orders.models.order import new_token
from orders.rules.actors import GUEST, customer

WORDS = ("reason", "comment")


def forget_customers(ended: Sequence[Order]) -> int:
    """Take names and addresses, and the words of people, from orders that have ended; returns how many orders.

    What was ordered, paid and sent, and when, is left. The links in their mails lead nowhere afterwards.
    """
    ContactDetails.objects.filter(cart_id__in=[order.cart_id for order in ended]).delete()
    GuestHold.objects.filter(order__in=ended).update(origin="", session="")
    _forget_words(ended)
    for order in ended:
        Order.objects.filter(pk=order.pk).update(token=new_token(), **dict.fromkeys(Order.address_fields(), ""))
    return len(ended)


def _forget_words(ended: Sequence[Order]) -> None:
    """What people typed as a reason; what the shop itself gives as one stays."""
    now = timezone.now()
    said = [entry for entry in TimelineEntry.objects.filter(order__in=ended) if _words_in(entry)]
    texts = {text for entry in said for text in _words_in(entry).values()}
    words = TypedWords.objects.filter(text__in=texts)
    typed = set(words.values_list("text", flat=True))
    for entry in said:
        left = {key: value for key, value in entry.data.items() if key not in WORDS or value not in typed}
        TimelineEntry.objects.filter(pk=entry.pk).update(data=left)
    for order in ended:
        theirs = {text for entry in said if entry.order_id == order.pk for text in _words_in(entry).values()}
        words.filter(
            text__in=theirs, by__in=(GUEST, customer(order.customer_id)), at__lte=order.ended_at or now
        ).delete()


def _words_in(entry: TimelineEntry) -> dict[str, str]:
    return {key: entry.data[key] for key in WORDS if isinstance(entry.data.get(key), str) and entry.data[key]}
