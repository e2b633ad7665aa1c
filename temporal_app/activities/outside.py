"""Asking payment providers and carriers, and noting when they do not answer, and when they do again.

An order that waits for an answer says so on its timeline. Operations hear once when a provider has not answered for a
while, and once when it does again, however many orders wait for it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar, cast

from django.db import transaction
from django.utils import timezone
from temporalio import activity

from orders.models import Order, Outage, TimelineEntry
from orders.models.notification import MailKind
from orders.payments.gateway import PaymentError, ProviderUnavailable
from orders.rules import actors
from orders.rules.order_events import OrderEvent
from orders.shipping.carrier import CarrierError, CarrierUnavailable
from temporal_app.activities.outbox import mail

SHOWN_AFTER = timedelta(minutes=1)
ALERT_AFTER = timedelta(minutes=15)


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
            try:
                answer = call(*args, **parameters)
            except (ProviderUnavailable, CarrierUnavailable):
                note_silence(self._outside.name, self._number)
                raise
            except (PaymentError, CarrierError):  # no is an answer
                note_answer(self._outside.name)
                raise
            note_answer(self._outside.name)
            return answer

        return ask


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
