"""Which open orders a payment may be meant for, and why: by reference, by name, by amount, alone or together."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import combinations
from typing import Any

from django.db.models import F, Q, QuerySet
from rapidfuzz import fuzz

from orders.models import Order, PaymentEvent
from orders.payments import parts
from orders.payments.references import find_references, order_of
from orders.rules.status import OrderStatus, WaitingFor
from orders.rules.totals import ZERO

PROPOSED = 5
LIKE = 85  # from here on (of 100) two names or references are one with a slip of the pen
LOOKED_AT = 200  # open orders that are compared, the youngest
TOGETHER = 4  # orders that one transfer may pay together without naming them
COMBINED = 20  # orders that are tried together
DIGITS = re.compile(r"\d{3,}")


class NearBy(StrEnum):
    """Why an order may be meant."""

    NAMED = "named"
    REFERENCE = "reference"
    AMOUNT = "amount"
    NAME = "name"
    SUM = "sum"


WEIGHTS = {NearBy.NAMED: 8, NearBy.SUM: 4, NearBy.AMOUNT: 3, NearBy.REFERENCE: 2, NearBy.NAME: 1}


@dataclass(frozen=True)
class Near:
    """An order that a payment may be meant for.

    :param missing: what it still waits for
    """

    order: Order
    missing: Decimal
    by: tuple[NearBy, ...]

    @property
    def weight(self) -> int:
        """How much speaks for it."""
        return sum(WEIGHTS[reason] for reason in self.by)


@dataclass(frozen=True)
class Told:
    """What came with a payment: everything in capitals, and who paid."""

    words: str
    payer: str
    named: frozenset[str]

    @classmethod
    def of(cls, payment_event: PaymentEvent) -> "Told":
        line = getattr(payment_event.origin, "statement_line", None)
        said = [payment_event.order_number, payment_event.reference, line.purpose if line else ""]
        words = " ".join(said).upper()
        numbers = re.findall(r"ORD-?(\d{4})-?(\d{6,})", words)
        named = {f"ORD-{year}-{number}" for year, number in numbers}
        named |= {order_of(reference) for reference in find_references(words)}
        return cls(words, line.payer if line else "", frozenset(named))


def open_orders(payment_event: PaymentEvent) -> QuerySet[Any]:
    """The orders that wait for money of this kind, with what has come for them (`came`)."""
    waiting = Order.objects.filter(
        status=OrderStatus.PENDING,
        waiting_for=WaitingFor.PAYMENT,
        payment_method=payment_event.provider,
        currency=payment_event.currency,
        undo_started_at=None,
    )
    return parts.with_came(waiting)


def near(payment_event: PaymentEvent) -> list[Near]:
    """The open orders that a payment may be meant for, the nearest first, each with what speaks for it."""
    told = Told.of(payment_event)
    looked_at = _candidates(payment_event, told)
    likest = max((_likeness(order.number, told.words) for order in looked_at), default=0.0)
    found = [_compare(order, payment_event, told, max(likest, LIKE)) for order in looked_at]
    together = {one.order.pk for one in _adding_up(payment_event, found)}
    found = [Near(one.order, one.missing, (*one.by, NearBy.SUM)) if one.order.pk in together else one for one in found]
    return sorted((one for one in found if one.by), key=lambda one: -one.weight)[:PROPOSED]


def proposed_shares(payment_event: PaymentEvent) -> list[tuple[Near, Decimal]]:
    """How a payment may be shared out: to the orders that it names, to those that it pays together, or to the
    nearest."""
    found = near(payment_event)
    for reason in (NearBy.NAMED, NearBy.SUM):
        if meant := [one for one in found if reason in one.by]:
            return _in_turn(payment_event.amount, meant)
    return _in_turn(payment_event.amount, found[:1])


def _in_turn(amount: Decimal, orders: list[Near]) -> list[tuple[Near, Decimal]]:
    shares = []
    for one in orders:
        share = min(one.missing, amount)
        if share > 0:
            shares.append((one, share))
        amount -= share
    return shares


def _candidates(payment_event: PaymentEvent, told: Told) -> list[Any]:
    """The open orders that are compared: those that are named or priced so, then the youngest."""
    waiting = open_orders(payment_event)
    hints = Q(number__in=told.named) | Q(total=F("credit") + payment_event.amount)
    for digits in DIGITS.findall(told.words)[:10]:
        hints |= Q(number__endswith=f"-{int(digits):06d}") | Q(payments__reference__contains=digits)
    hinted = list(waiting.filter(hints).distinct().order_by("-placed_at")[:LOOKED_AT])
    youngest = list(waiting.order_by("-placed_at")[:LOOKED_AT])
    return list({order.pk: order for order in [*hinted, *youngest]}.values())


def _compare(order: Any, payment_event: PaymentEvent, told: Told, like: float) -> Near:
    """What speaks for an order; `like` is how much its number has to be like what was told."""
    missing = order.rest - order.came.quantize(ZERO)
    reasons = []
    if order.number in told.named:
        reasons.append(NearBy.NAMED)
    elif _likeness(order.number, told.words) >= like:
        reasons.append(NearBy.REFERENCE)
    if payment_event.amount in (missing, order.rest):
        reasons.append(NearBy.AMOUNT)
    if told.payer and fuzz.token_sort_ratio(order.name.upper(), told.payer.upper()) >= LIKE:
        reasons.append(NearBy.NAME)
    return Near(order, missing, tuple(reasons))


def _likeness(number: str, words: str) -> float:
    """How much words hold an order's number (100 is all of it): with a slip of the pen, or only its last part. Numbers
    that follow each other are much alike, so only the likest is meant."""
    tail = number.rsplit("-", 1)[-1]
    if any(digits.lstrip("0") == tail.lstrip("0") for digits in DIGITS.findall(words)):
        return 100.0
    return max((fuzz.ratio(number, word) for word in words.split()), default=0.0)


def _adding_up(payment_event: PaymentEvent, found: list[Near]) -> list[Near]:
    """Several orders that are missing exactly this amount together; those of one name before others."""
    open_ = [one for one in found if ZERO < one.missing < payment_event.amount]
    open_.sort(key=lambda one: -one.weight)
    for size in range(2, TOGETHER + 1):
        sums = [
            group
            for group in combinations(open_[:COMBINED], size)
            if sum(one.missing for one in group) == payment_event.amount
        ]
        if sums:
            return list(max(sums, key=lambda group: (_of_one_name(group), sum(one.weight for one in group))))
    return []


def _of_one_name(group: Iterable[Near]) -> bool:
    return len({(one.order.name, one.order.email) for one in group}) == 1
