"""Emptying the outbox: every mail sent once, each failing on its own."""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone
from temporalio import activity

from orders.mail import MailServer, fan_out
from orders.mail.budget import held_until, superseded_by
from orders.models import Notification
from orders.models.notification import SUPERSEDED
from temporal_app.messages import OutboxResult

log = logging.getLogger(__name__)

AT_ONCE = 100
ATTEMPTS = 12
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=6)
# Longer than a mail server may take over one mail: some ten exchanges, each within EMAIL_TIMEOUT.
LONGEST_ATTEMPT = timedelta(minutes=2)


# Torn out between sending a mail and noting it, this would send it twice: it looks itself whether it is to go on.
@activity.defn(no_thread_cancel_exception=True)
def send_notifications() -> OutboxResult:
    """Send what waits in the outbox, what is for a role to each person who is in it now.

    :returns: how many went out, and after how many seconds those that could not are due again
    """
    for notification in _attempts(Notification.objects.unsent().to_roles()):
        with _failing_alone(notification):
            fan_out(notification, timezone.now())
    sent = 0
    with closing(MailServer()) as server:
        for notification in _attempts(Notification.objects.unsent().to_persons()):
            with _failing_alone(notification):
                server.send(notification)
                notification.mark_sent(timezone.now())
                sent += 1
    waiting = Notification.objects.unsent().order_by("due_at").values_list("due_at", flat=True).first()
    pause = max(1, int((waiting - timezone.now()).total_seconds()) + 1) if waiting else 0
    return OutboxResult(sent=sent, retry_in_seconds=pause)


def _attempts(unsent: QuerySet[Notification]) -> Iterator[Notification]:
    """Those that are due, each when an attempt at it has begun. It is put off before it is tried, so that one that
    cannot even be written (or a process that dies here) holds up no other."""
    for notification in unsent.filter(due_at__lte=timezone.now())[:AT_ONCE]:
        if activity.is_cancelled():
            return
        activity.heartbeat()
        now, attempt = timezone.now(), notification.attempts + 1
        if attempt == 1 and (until := held_until(notification, now)):
            notification.hold_back(until=until)
            continue
        superseded_by(notification).update(given_up_at=now, last_error=SUPERSEDED)
        due_again_at = now + max(_pause(attempt), LONGEST_ATTEMPT)
        if notification.begin_attempt(at=now, due_again_at=due_again_at, last=attempt >= ATTEMPTS):
            yield notification


@contextmanager
def _failing_alone(notification: Notification) -> Iterator[None]:
    """Where the attempt fails, that is noted, and the next mail has its turn."""
    try:
        yield
    except OSError as error:  # smtplib's errors are OSErrors, like a refused connection
        notification.failed(str(error), due_again_at=timezone.now() + _pause(notification.attempts))
        log.warning("mail %s was not sent (attempt %s)", notification.pk, notification.attempts)


def _pause(attempt: int) -> timedelta:
    """How long after this attempt the next one is due: each time twice as long."""
    return min(FIRST_PAUSE * float(2 ** (attempt - 1)), LONGEST_PAUSE)
