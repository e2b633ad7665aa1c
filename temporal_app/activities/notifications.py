"""Emptying the outbox: every mail sent once, each failing on its own."""

import logging
from datetime import timedelta

from django.utils import timezone
from temporalio import activity

from orders.mail import send
from orders.models import Notification
from temporal_app.messages import OutboxResult

log = logging.getLogger(__name__)

AT_ONCE = 100
ATTEMPTS = 12
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=6)


@activity.defn
def send_notifications() -> OutboxResult:
    """Send what waits in the outbox.

    :returns: how many went out, and after how many seconds those that could not are due again
    """
    sent = 0
    for notification in Notification.objects.unsent().filter(due_at__lte=timezone.now())[:AT_ONCE]:
        if _send_one(notification):
            sent += 1
    waiting = Notification.objects.unsent().order_by("due_at").values_list("due_at", flat=True).first()
    pause = max(1, int((waiting - timezone.now()).total_seconds()) + 1) if waiting else 0
    return OutboxResult(sent=sent, retry_in_seconds=pause)


def _send_one(notification: Notification) -> bool:
    """Whether the mail went out. It is put off before it is tried, so that one that cannot even be written (or a
    process that dies here) holds up no other."""
    pause = min(FIRST_PAUSE * 2**notification.attempts, LONGEST_PAUSE)
    notification.put_off(at=timezone.now(), pause=pause, last=notification.attempts + 1 >= ATTEMPTS)
    try:
        send(notification)
    except OSError as error:  # smtplib's errors are OSErrors, like a refused connection
        notification.failed(str(error))
        log.warning("mail %s was not sent (attempt %s)", notification.pk, notification.attempts)
        return False
    notification.went_out(timezone.now())
    return True
