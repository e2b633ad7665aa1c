"""Writing mails into the outbox, and ringing for them to be sent once they are really there."""

import itertools
from collections.abc import Callable, Mapping
from threading import Lock

from django.db import transaction

from orders.models import ExpenseRequest, Notification, Order
from orders.models.notification import MailKind


class Bell:
    """Rings for everybody who has asked by then: whoever asks meanwhile waits for the next ring, and shares it.

    All mail of a shop goes through one workflow, which would not keep up with a ring for every mail.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._moments = itertools.count(1)
        self._rung_at = 0
        self._one_at_a_time = Lock()

    def ring(self) -> None:
        """Answers when a ring that began after this call is done; fails as that ring fails."""
        asked_at = next(self._moments)
        with self._one_at_a_time:
            if self._rung_at < asked_at:
                begun_at = next(self._moments)
                self._ring()
                self._rung_at = begun_at


_bell: Bell | None = None


def install_bell(ring: Callable[[], None]) -> None:
    """Say how to wake the workflow that sends mail; the worker does, because only it knows workflows."""
    global _bell
    _bell = Bell(ring)


def ring() -> None:
    """Have the outbox emptied.

    :raises RuntimeError: this process has no bell; it must not write mail
    """
    if _bell is None:
        raise RuntimeError("no bell is installed; see temporal_app.worker")
    _bell.ring()


def mail(
    kind: MailKind,
    *,
    to: str,
    key: str,
    order: Order | None = None,
    expense: ExpenseRequest | None = None,
    data: Mapping[str, object] | None = None,
) -> None:
    """Write a mail, once for each `key`, and ring when the transaction around it is done.

    It rings on every call: an activity that died after its transaction runs again and rings then.
    """
    Notification.write(kind, recipient=to, key=key, order=order, expense=expense, data=dict(data or {}))
    transaction.on_commit(ring)


def mail_customer(order: Order, kind: MailKind, *, key: str = "", **data: object) -> None:
    """Write a mail to the customer of an order."""
    mail(kind, to="order", key=f"{order.number}:{key}", order=order, data=data)


def alert_operations(order: Order, kind: MailKind, *, key: str, **data: object) -> None:
    """Write a mail to the people who run the shop."""
    mail(kind, to="operations", key=f"{order.number}:{key}", order=order, data=data)
