"""Writing mails into the outbox, and waking the workflow that sends them once they are really there."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from asgiref.sync import async_to_sync
from django.db import transaction

from orders.models import ExpenseRequest, Notification, Order
from orders.models.notification import TO_CUSTOMER, MailKind
from orders.rules import identifiers
from temporal_app import names, policies
from temporal_app.connection import get_client


@async_to_sync
async def wake_outbox() -> None:
    """Wake `temporal_app.workflows.notification_outbox`, which runs from then on if it did not.

    :raises NotConnected, RPCError: the server does not answer, or is busy
    """
    client = await get_client()
    await client.start_workflow(
        names.NOTIFICATION_OUTBOX_WORKFLOW,
        id=identifiers.NOTIFICATION_OUTBOX,
        task_queue=names.ORDERS_QUEUE,
        start_signal=names.WAKE,
        rpc_timeout=policies.WAKE_TIMEOUT,
    )


class OutboxNotifier:
    """Wakes the outbox for everybody in this process, at most once in `every` seconds.

    All mail of a shop goes through one workflow; woken for every mail, the server would soon call it busy. Whoever asks
    within `every` seconds after a wake began has that one, and hears how it went: it is waited for while it is under
    way, and fails for them too. No other wake follows for them, because the workflow looks into the outbox twice: when
    it is woken, and again `OUTBOX_LOOKS_AGAIN` later, when what was written in those seconds has long been there.
    """

    def __init__(self, wake: Callable[[], None], every: float = policies.WAKE_EVERY.total_seconds()) -> None:
        self._wake, self._every = wake, every
        self._latest: Future[None] | None = None
        self._began = 0.0
        self._lock = Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")

    def wake(self) -> None:
        """Returns when the outbox is woken for what was written before this call; fails as the wake fails."""
        with self._lock:
            now = time.monotonic()
            if self._latest is None or now - self._began >= self._every:
                self._began, self._latest = now, self._thread.submit(self._wake)
            latest = self._latest
        latest.result()


notifier = OutboxNotifier(wake_outbox)


def mail(
    kind: MailKind,
    *,
    to: str,
    key: str,
    order: Order | None = None,
    expense: ExpenseRequest | None = None,
    data: Mapping[str, object] | None = None,
) -> None:
    """Write a mail, once for each `key`, and wake the outbox when the transaction around it is done.

    What is written is sent, whatever dies: the activity that calls this is not done before the outbox is woken. Where
    waking it fails, or the process dies between the commit and the wake, the activity runs again, finds its mail
    written, and wakes the outbox all the same.
    """
    Notification.write(kind, recipient=to, key=key, order=order, expense=expense, data=dict(data or {}))
    transaction.on_commit(notifier.wake)


def mail_customer(order: Order, kind: MailKind, *, key: str = "", **data: object) -> None:
    """Write a mail to the customer of an order."""
    mail(kind, to=TO_CUSTOMER, key=f"{order.number}:{key}", order=order, data=data)


def alert_operations(order: Order, kind: MailKind, *, key: str, **data: object) -> None:
    """Write a mail to the people who run the shop."""
    mail(kind, to="operations", key=f"{order.number}:{key}", order=order, data=data)
