"""Asking payment providers and carriers, and noting when they do not answer, and when they do again.

An order that waits for an answer says so on its timeline. Operations hear once when a provider has not answered for a
while, and once when it does again, however many orders wait for it.
"""

import logging
from collections.abc import Callable
from contextvars import copy_context
from datetime import datetime, timedelta
from threading import Timer
from typing import Any, Protocol, TypeVar, cast

from django.db import DatabaseError, connections, transaction
from django.utils import timezone
from temporalio import activity
from temporalio.service import RPCError

from orders.models import Order, Outage, TimelineEntry
from orders.models.notification import MailKind
from orders.payments.gateway import PaymentError, ProviderUnavailable
from orders.rules import actors
from orders.rules.order_events import OrderEvent
from orders.shipping.carrier import CarrierError, CarrierUnavailable
from temporal_app.activities.outbox import mail
from temporal_app.connection import NotConnected

log = logging.getLogger(__name__)

SHOWN_AFTER = timedelta(minutes=1)
ALERT_AFTER = timedelta(minutes=15)
SILENT_AFTER = 25.0  # seconds that a call may take; at 30 its attempt is given up, and can note nothing any more


class Named(Protocol):
    @property
    def name(self) -> str: ...


Outside = TypeVar("Outside", bound=Named)


def asking(outside: Outside, *, number: str = "") -> Outside:
    """The same gateway or carrier; whether it answers is noted.

    :param number: the order that waits for the answer
    """
    return cast(Outside, Asked(outside, number))


class Asked:
    """Passes every call on to `outside`."""

    def __init__(self, outside: Named, number: str) -> None:
        self._outside, self._number = outside, number

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._outside, name)
        return self._noting(member) if callable(member) else member

    def _noting(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def ask(*args: Any, **parameters: Any) -> Any:
            hanging = Hanging(self._outside.name, self._number)
            try:
                answer = call(*args, **parameters)
            except (ProviderUnavailable, CarrierUnavailable):
                if not hanging.over():
                    note_silence(self._outside.name, self._number)
                raise
            except (PaymentError, CarrierError):  # no is an answer
                hanging.over()
                note_answer(self._outside.name)
                raise
            finally:
                hanging.over()
            note_answer(self._outside.name)
            return answer

        return ask


class Hanging:
    """A call that is under way. Where it hangs, that is noted meanwhile, since whoever made it cannot."""

    def __init__(self, provider: str, number: str) -> None:
        self._provider, self._number, self._noted = provider, number, False
        self._timer = Timer(SILENT_AFTER, copy_context().run, [self._note])  # the attempt's clock goes with it
        self._timer.daemon = True
        self._timer.start()

    def over(self) -> bool:
        """It has ended, in whatever way; returns whether it was noted as hanging."""
        self._timer.cancel()
        return self._noted

    def _note(self) -> None:
        self._noted = True
        try:
            note_silence(self._provider, self._number)
        except (DatabaseError, NotConnected, RPCError):
            log.exception("could not note that %s does not answer", self._provider)
        finally:
            connections.close_all()


def note_silence(provider: str, number: str) -> None:
    """A call was not answered. Where that lasts, the order's timeline shows it, and operations are told."""
    now = _now()
    with transaction.atomic():
        outage = Outage.locked(provider, at=now)
        outage.count(at=now)
        lasts = now - outage.began_at
        order = Order.objects.filter(number=number).first() if number and lasts >= SHOWN_AFTER else None
        if order is not None:
            details = {"provider": provider, "since": outage.began_at.timestamp()}
            key = str(outage.pk)
            TimelineEntry.record(order, OrderEvent.NO_ANSWER, by=actors.SYSTEM, at=timezone.now(), key=key, **details)
        if lasts >= ALERT_AFTER and outage.alerted_at is None:
            outage.mark_alerted(now)
            _tell_operations(MailKind.PROVIDER_AWAY, outage)


def note_answer(provider: str) -> None:
    """A call was answered: where the provider had been away, it is not any more."""
    outage = Outage.objects.open().filter(provider=provider).first()
    if outage is None:
        return
    with transaction.atomic():
        if outage.end(at=_now()) and outage.alerted_at is not None:
            _tell_operations(MailKind.PROVIDER_BACK, outage)


def _tell_operations(kind: MailKind, outage: Outage) -> None:
    waiting = TimelineEntry.objects.filter(kind=OrderEvent.NO_ANSWER, key=f"{OrderEvent.NO_ANSWER}:{outage.pk}").count()
    mail(kind, to="operations", key=str(outage.pk), data={"outage": outage.pk, "orders": waiting})


def _now() -> datetime:
    """When this attempt began, by the clock that all workers share."""
    return activity.info().started_time if activity.in_activity() else timezone.now()
