"""Where the money of a debit can belong: refunds that were made with it, or an order whose customer owes it again."""

from collections.abc import Iterator
from decimal import Decimal

from django.db import models

from orders.models import BankDebit, DebitWriteOff, Order, RefundBatch, RefundTask
from orders.rules import actors
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import DebitWay, RefundState
from orders.rules.totals import ZERO


def ways_of(debit: BankDebit) -> Iterator[tuple[DebitWay, RefundTask | RefundBatch | Order]]:
    """What a person can say of a debit, each with the row that it is about."""
    for task in _open(debit).filter(amount=debit.amount).order_by("pk"):
        yield DebitWay.REFUND, task
    for batch in RefundBatch.objects.filter(tasks__in=_open(debit)).distinct().order_by("pk"):
        if _sum(list(_open(debit).filter(batch=batch))) == debit.amount:
            yield DebitWay.FILE, batch
    if order := order_of(debit):
        yield DebitWay.OWED, order


def order_of(debit: BankDebit) -> Order | None:
    """The order that a debit names."""
    return Order.objects.filter(number=debit.order_number).first() if debit.order_number else None


def refunds_meant(debit: BankDebit, way: DebitWay, key: int) -> list[RefundTask]:
    """The refunds that were made with a debit, as a person says.

    :param key: of the refund, or of the file; zero where it is neither
    :raises RuleBroken: they do not come to the debit, it names no order that could owe it, or somebody has asked to
        write it off
    """
    if (under_way := DebitWriteOff.under_way(debit)) is not None:
        raise RuleBroken(Refusal.DEBIT_BUSY, who=actors.user(under_way.asked_by_id))
    if way == DebitWay.WRITE_OFF or (way == DebitWay.OWED and order_of(debit) is None):
        raise RuleBroken(Refusal.DEBIT_NOT_SO)
    if way not in (DebitWay.REFUND, DebitWay.FILE):
        return []
    column = "pk" if way == DebitWay.REFUND else "batch"
    tasks = list(_open(debit).filter(**{column: key}).order_by("pk"))
    if _sum(tasks) != debit.amount:
        raise RuleBroken(Refusal.DEBIT_NOT_SO)
    return tasks


def _open(debit: BankDebit) -> "models.QuerySet[RefundTask]":
    return RefundTask.objects.filter(state=RefundState.OPEN, currency=debit.currency)


def _sum(tasks: list[RefundTask]) -> Decimal:
    return sum((task.amount for task in tasks), ZERO)
