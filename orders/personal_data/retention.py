"""How long what the shop knows of people is kept, and what becomes of it then: a batch at a time, each safely again.

Rows that count money or goods stay for ever. What says whose they are goes from them.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet

from orders.models import (
    BankDebit,
    BankStatement,
    Cart,
    ContactDetails,
    ErasureRecord,
    GuestHold,
    Notification,
    Order,
    OrderOpening,
    PaymentEvent,
    RefundBatch,
    RefundTask,
    StaffSession,
    StatementLine,
    Throttle,
    TypedWords,
)
from orders.personal_data import erasure
from orders.personal_data.customer import SIGN_INS
from orders.personal_data.orders import forget_customers
from orders.rules.personal_data import Kept
from orders.rules.states import CartState, RefundState, StatementState
from orders.rules.status import ENDED

BATCH, ERASURES = 500, 50
LOST_AFTER = timedelta(hours=1)  # by then whoever asked for it has been told, or it has been taken back
log = logging.getLogger(__name__)
Remove = Callable[[datetime], int]


def remove(what: Kept, now: datetime) -> int:
    """Remove, or make nobody's, the next batch of what is too old; returns how many rows were, 0 where none is left."""
    return REMOVERS[what](now)


def _ago(now: datetime, keep: int) -> datetime:
    return now - timedelta(seconds=keep)


def _delete(rows: QuerySet[Any]) -> int:
    """Delete a batch; returns how many, without what went with them."""
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
    rows.model._default_manager.filter(pk__in=keys).delete()
    return len(keys)


def _blank(rows: QuerySet[Any], *columns: str) -> int:
    """Empty these columns in a batch of the rows that have something there."""
    filled = ~Q(**dict.fromkeys(columns, ""))
    keys = list(rows.filter(filled).order_by("pk").values_list("pk", flat=True)[:BATCH])
    return int(rows.model._default_manager.filter(pk__in=keys).update(**dict.fromkeys(columns, "")))


def _sessions(now: datetime) -> int:
    return _delete(Session.objects.filter(expire_date__lte=now)) + _delete(StaffSession.objects.over(now))


def _throttles(now: datetime) -> int:
    return _delete(Throttle.objects.filter(until__lte=now))


def _sign_ins(now: datetime) -> int:
    limit = _ago(now, settings.KEEP_SIGN_INS)
    return sum(_delete(log.objects.filter(attempt_time__lte=limit)) for log in SIGN_INS)


def _carts(now: datetime) -> int:
    return _delete(Cart.objects.filter(changed_at__lte=_ago(now, settings.KEEP_CARTS)).exclude(state=CartState.OPEN))


def _contacts(now: datetime) -> int:
    return _delete(_contacts_before(_ago(now, settings.KEEP_CARTS)))


def _origins(now: datetime) -> int:
    limit = _ago(now, settings.KEEP_ORIGINS)
    holds = GuestHold.objects.filter(until__lte=limit, order__status__in=ENDED)
    return _blank(holds, "origin", "session") + _blank(_contacts_before(limit), "origin", "session")


def _contacts_before(limit: datetime) -> QuerySet[ContactDetails]:
    """Contact details as they were typed, which neither an open cart nor an open order needs."""
    needed = (Cart.objects.filter(state=CartState.OPEN), Order.objects.open())
    old = ContactDetails.objects.filter(changed_at__lte=limit)
    for rows in needed:
        old = old.exclude(cart_id__in=rows.values("cart_id"))
    return old


def _mails(now: datetime) -> int:
    limit = _ago(now, settings.KEEP_MAILS)
    done = Q(sent_at__lte=limit) | Q(sent_at=None, given_up_at__lte=limit)
    return _delete(Notification.objects.filter(done).filter(Q(order=None) | Q(order__status__in=ENDED)))


def _refused_files(now: datetime) -> int:
    limit = _ago(now, settings.KEEP_REFUSED_FILES)
    refused = BankStatement.objects.filter(state=StatementState.REFUSED, uploaded_at__lte=limit, lines=None, taken=None)
    _delete_files(refused.order_by("pk")[:BATCH])
    return _delete(refused)


def _files(now: datetime) -> int:
    """Statements and files of refunds, as the bank knows them: rows say what was in them."""
    limit, gone = _ago(now, settings.KEEP_ACCOUNTS), 0
    for rows in (
        BankStatement.objects.filter(imported_at__lte=limit),
        RefundBatch.objects.filter(made_at__lte=limit),
    ):
        _delete_files(rows.exclude(file="").order_by("pk")[:BATCH])
        gone += _blank(rows, "file")
    return gone


def _delete_files(rows: Iterable[Any]) -> None:
    for row in rows:
        row.file.storage.delete(row.file.name)  # one that is gone already does not matter


def _payers(now: datetime) -> int:
    """Who paid us, and whom we paid."""
    limit = _ago(now, settings.KEEP_ACCOUNTS)
    lines = StatementLine.objects.filter(booked_on__lte=limit.date())
    debits = BankDebit.objects.filter(booked_on__lte=limit.date())
    refunds = RefundTask.objects.filter(state=RefundState.DONE, done_at__lte=limit)
    return (
        _blank(lines, "payer", "payer_iban", "purpose")
        + _blank(debits, "payee", "payee_iban", "purpose")
        + _blank(refunds, "payee", "iban")
    )


def _reports(now: datetime) -> int:
    """What providers sent, word for word."""
    return _blank(PaymentEvent.objects.filter(received_at__lte=_ago(now, settings.KEEP_ACCOUNTS)), "body")


def _orders(now: datetime) -> int:
    old = Order.objects.filter(status__in=ENDED, ended_at__lte=_ago(now, settings.KEEP_ACCOUNTS)).exclude(email="")
    return forget_customers(list(old.order_by("pk")[:BATCH]))


def _words(now: datetime) -> int:
    return _blank(TypedWords.objects.filter(at__lte=_ago(now, settings.KEEP_ACCOUNTS)), "text")


def _openings(now: datetime) -> int:
    return _delete(OrderOpening.objects.filter(at__lte=_ago(now, settings.KEEP_OPENINGS)))


def _erasures(now: datetime) -> int:
    """What was kept for an open order, or for money, of customers who wanted to be forgotten, and may go now; and what
    was not carried out when it was asked for. Each is a transaction of its own; one that fails stops no other.

    :raises DatabaseError: that of one that failed, where no other is left
    """
    lost = Q(done_at=None, asked_at__lt=now - LOST_AFTER)
    gone = 0
    failure: DatabaseError | None = None
    for key in ErasureRecord.objects.filter(Q(done_at__lt=now) | lost, finished_at=None).values_list("pk", flat=True):
        try:
            gone += int(_erase(key, now))
        except DatabaseError as error:
            log.exception("Erasure %s failed", key)
            failure = error
        if gone == ERASURES:
            break
    if failure is not None and not gone:
        raise failure
    return gone


def _erase(key: int, now: datetime) -> bool:
    """Go on with one erasure; returns whether anything went. One that waits for the same as before is left alone."""
    with transaction.atomic():
        record = ErasureRecord.objects.select_for_update(of=("self",)).filter(pk=key, finished_at=None).first()
        if record is None or (record.done_at is not None and erasure.waits_still(record)):
            return False
        before = (record.done_at, dict(record.removed))
        erasure.carry_out(record, now)
        return before != (record.done_at, record.removed)


REMOVERS: dict[Kept, Remove] = {
    Kept.SESSIONS: _sessions,
    Kept.THROTTLES: _throttles,
    Kept.SIGN_INS: _sign_ins,
    Kept.CARTS: _carts,
    Kept.CONTACTS: _contacts,
    Kept.ORIGINS: _origins,
    Kept.MAILS: _mails,
    Kept.REFUSED_FILES: _refused_files,
    Kept.FILES: _files,
    Kept.PAYERS: _payers,
    Kept.REPORTS: _reports,
    Kept.ORDERS: _orders,
    Kept.WORDS: _words,
    Kept.OPENINGS: _openings,
    Kept.ERASURES: _erasures,
}
