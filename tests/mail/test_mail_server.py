"""One connection to the mail server for a batch of mails, and another one where something went wrong."""

import smtplib
from collections.abc import Collection
from contextlib import closing

import pytest

from orders.mail import MailServer
from orders.models import Notification
from orders.models.notification import MailKind
from tests.factories.rows import make_order

pytestmark = pytest.mark.django_db

SERVER = "django.core.mail.backends.smtp.EmailBackend"


class Relay:
    """What `smtplib.SMTP` makes of a server that drops the connection at its mails numbered in `drops`, and at goodbye
    where it is `rude`."""

    def __init__(self, *, drops: Collection[int] = frozenset(), rude: bool = False) -> None:
        self.drops, self.rude = drops, rude
        self.connections = self.mails = self.goodbyes = 0

    def __call__(self, *_address: object, **_options: object) -> "Relay":
        self.connections += 1
        return self

    def sendmail(self, *_mail: object) -> None:
        self.mails += 1
        if self.mails in self.drops:
            raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")

    def quit(self) -> None:
        self.goodbyes += 1
        if self.rude:
            raise smtplib.SMTPResponseException(500, b"Line too long.")


@pytest.fixture
def mails(settings) -> list[Notification]:
    """Three mails, to be sent by SMTP."""
    settings.EMAIL_BACKEND = SERVER
    order = make_order("300.00")
    for key in ("first", "second", "third"):
        Notification.write(MailKind.ORDER_DELIVERED, recipient="order", key=key, order=order)
    return list(Notification.objects.order_by("id"))


def connect_to(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtplib, "SMTP", relay)


def test_all_mails_of_a_batch_go_over_one_connection(mails: list, monkeypatch: pytest.MonkeyPatch) -> None:
    relay = Relay()
    connect_to(relay, monkeypatch)

    with closing(MailServer()) as server:
        for notification in mails:
            server.send(notification)

    assert (relay.connections, relay.mails, relay.goodbyes) == (1, 3, 1)


def test_after_an_error_the_next_mail_goes_over_another_connection(
    mails: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = Relay(drops={2})
    connect_to(relay, monkeypatch)
    server = MailServer()
    first, second, third = mails

    server.send(first)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        server.send(second)
    server.send(third)

    assert (relay.connections, relay.mails) == (2, 3)


def test_nobody_is_connected_to_before_there_is_something_to_send(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    settings.EMAIL_BACKEND = SERVER
    relay = Relay()
    connect_to(relay, monkeypatch)

    MailServer().close()

    assert (relay.connections, relay.goodbyes) == (0, 0)


def test_a_goodbye_that_goes_wrong_undoes_nothing(mails: list, monkeypatch: pytest.MonkeyPatch) -> None:
    relay = Relay(rude=True)
    connect_to(relay, monkeypatch)
    server = MailServer()
    server.send(mails[0])

    server.close()

    assert relay.goodbyes == 1
