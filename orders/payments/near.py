"""Orders that an unmatched payment may be for, for a person to choose from."""

import difflib
import re

from orders.models import Order, PaymentNotice
from orders.rules.status import WaitingFor

LIKE_A_NUMBER = re.compile(r"(?:ORD)?(\d{4})(\d{6})", re.ASCII)
OPEN_AT_MOST = 5_000  # the latest orders among which numbers are compared
CLOSE = 0.85


def near_matches(notice: PaymentNotice, limit: int = 5) -> list[Order]:
    """Open orders with a number much like one in the payment's words, then those that wait for just this amount."""
    waiting = Order.objects.open().filter(waiting_for=WaitingFor.PAYMENT).order_by("-pk")
    alike = _alike(notice, list(waiting.values_list("number", flat=True)[:OPEN_AT_MOST]), limit)
    by_number = {order.number: order for order in waiting.filter(number__in=alike)}
    same_amount = waiting.filter(total=notice.amount).exclude(number__in=alike)[:limit]
    return [*(by_number[number] for number in alike), *same_amount][:limit]


def _alike(notice: PaymentNotice, numbers: list[str], limit: int) -> list[str]:
    words = re.sub(r"[^A-Z0-9]", "", f"{notice.order_number} {notice.reference}".upper())
    found: dict[str, None] = {}
    for year, counter in LIKE_A_NUMBER.findall(words):
        typed = f"ORD-{year}-{counter}"
        found.update(dict.fromkeys(difflib.get_close_matches(typed, numbers, n=limit, cutoff=CLOSE)))
    return list(found)[:limit]
