"""Sending one mail of the outbox: addressed and worded at the moment it goes out."""

import hashlib
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from orders.mail.recipients import Recipient, resolve
from orders.mail.rendering import render
from orders.models import Notification

__all__ = ["Undeliverable", "send"]


class Undeliverable(OSError):
    """There is nobody to send it to now; somebody may join the role later, so later attempts make sense."""


def send(notification: Notification) -> None:
    """Send a mail of the outbox, one message to each person it is for. Writes nothing.

    Sent twice (a crash between sending and noting it), a message has the same Message-ID both times, by which mail
    programs recognise it.

    :raises Undeliverable: nobody has an address
    :raises OSError: the mail server did not take it
    """
    people = resolve(notification)
    if not people:
        raise Undeliverable(f"nobody to send to: {notification.recipient}")
    get_connection().send_messages([_message(notification, person) for person in people])


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
