"""Writing mails into the outbox, and ringing for them to be sent once they are really there."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from django.db import transaction

from orders.models import ExpenseRequest, Notification, Order
from orders.models.notification import MailKind


class OutboxNotifier:
    """Rings for everybody who has asked by then: whoever asks meanwhile waits for the next ring, and shares it.

    All mail of a shop goes through one workflow, which would not keep up with a ring for every mail.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._ringer = ThreadPoolExecutor(1, thread_name_prefix="bell")
        self._latest: Future[None] | None = None
        self._one_at_a_time = Lock()

    def ring(self) -> None:
        """Returns when a ring that began after this call is done; fails as that ring fails."""
        with self._one_at_a_time:
            if self._latest is None or self._latest.running() or self._latest.done():
                self._latest = self._ringer.submit(self._ring)
            shared = self._latest
        shared.result()


_notifier: OutboxNotifier | None = None


def install_notifier(ring: Callable[[], None]) -> None:
    """Say how to wake the workflow that sends mail; the worker does, because only it knows workflows."""
    global _notifier
    _notifier = OutboxNotifier(ring)


def ring() -> None:
    """Have the outbox emptied.

    :raises RuntimeError: this process has no bell; it must not write mail
    """
    if _notifier is None:
        raise RuntimeError("no bell is installed; see temporal_app.worker")
    _notifier.ring()


def mail(
    kind: MailKind,
    *,
    to: str,
    key: str,
    order: Order | None = None,
    expense: ExpenseRequest | None = None,
    data: Mapping[str, object] | None = None,
) -> None:
    """Write a mail, once for each `key`, and ring when the transaction around it is done, once for all its mails.

    It rings where nothing was left to write as well: an activity that died after its transaction runs again, and rings
    then.
    """
    Notification.write(kind, recipient=to, key=key, order=order, expense=expense, data=dict(data or {}))
    _wake_when_committed()


def _wake_when_committed() -> None:
    # Looked up, not remembered: with a savepoint that is rolled back Django forgets what was registered in it.
    registered = transaction.get_connection().run_on_commit
    if not any(hook is ring for _savepoints, hook, _robust in registered):
        transaction.on_commit(ring)


def mail_customer(order: Order, kind: MailKind, *, key: str = "", **data: object) -> None:
    """Write a mail to the customer of an order."""
    mail(kind, to="order", key=f"{order.number}:{key}", order=order, data=data)


def alert_operations(order: Order, kind: MailKind, *, key: str, **data: object) -> None:
    """Write a mail to the people who run the shop."""
    mail(kind, to="operations", key=f"{order.number}:{key}", order=order, data=data)
