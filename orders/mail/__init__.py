"""Sending the mails of the outbox: addressed and worded at the moment they go out."""

import hashlib
from contextlib import suppress
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from orders.mail.recipients import Recipient, people_in_role, resolve
from orders.mail.rendering import render
from orders.models import Notification

__all__ = ["MailServer", "Undeliverable", "fan_out"]


class Undeliverable(OSError):
    """There is nobody to send it to now; somebody may join the role later, so later attempts make sense."""


class MailServer:
    """Connected to with the first mail, and anew after an error; to be closed after the last mail."""

    def __init__(self) -> None:
        self._connection = get_connection()

    def send(self, notification: Notification) -> None:
        """Send a mail of the outbox to the one person it is for. Writes nothing.

        Sent twice (a crash between sending and noting it), it has the same Message-ID both times, by which mail
        programs recognise it.

        :raises Undeliverable: the person has no address
        :raises OSError: the mail server did not take it
        """
        person = resolve(notification)
        if person is None:
            raise _nobody(notification)
        message = _message(notification, person)
        try:
            self._connection.open()
            self._connection.send_messages([message])
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Say goodbye, whether or not that is heard."""
        with suppress(OSError):
            self._connection.close()


def fan_out(notification: Notification, at: datetime) -> None:
    """Write a role's mail anew for each person in it at this moment, so that each is sent and fails on its own.

    :raises Undeliverable: nobody in the role has an address
    """
    people = people_in_role(notification, at)
    if not people:
        raise _nobody(notification)
    notification.fan_out(people, at=at)


def _nobody(notification: Notification) -> Undeliverable:
    return Undeliverable(f"nobody to send to: {notification.recipient}")


def _message(notification: Notification, person: Recipient) -> EmailMultiAlternatives:
    mail = render(notification, person)
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[person.email],
        headers={
            "Message-ID": _message_id(notification, person),
            "Auto-Submitted": "auto-generated",  # no out-of-office answers, please
            "Content-Language": person.language,
        },
    )
    message.attach_alternative(mail.html, "text/html")
    return message


def _message_id(notification: Notification, person: Recipient) -> str:
    digest = hashlib.sha256(f"{notification.key}\n{person.email}".encode()).hexdigest()[:32]
    return f"<{notification.pk}.{digest}@{urlsplit(settings.SHOP_BASE_URL).hostname or 'localhost'}>"
