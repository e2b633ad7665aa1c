"""A mail that cannot go out is tried again later, and none holds up another."""

import smtplib
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from orders.mail import MailServer, budget
from orders.models import Notification, Order
from orders.models.notification import MailKind
from temporal_app import policies
from temporal_app.activities import notifications
from temporal_app.messages import OutboxResult
from tests.factories.orders import write_order
from tests.factories.products import make_product
from tests.workflows.at_once import in_background
from tests.workflows.outside import Slow


def write_mail(order: Order, key: str, **columns: object) -> Notification:
    Notification.write(MailKind.ORDER_DELIVERED, recipient="order", key=key, order=order, data={"key": key}, **columns)
    return Notification.objects.get(key__contains=f":{key}:")


@pytest.fixture(autouse=True)
def any_number_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here all mail is of one kind and about one order; in life the second would wait for an hour."""
    monkeypatch.setattr(budget, "SAME_KIND_AGAIN", timedelta(0))


@pytest.fixture
def order(no_worker_yet: Client) -> Order:
    """An order without mail that waits."""
    make_product()
    order = Order.objects.get(number=write_order().number)
    Notification.objects.all().delete()
    return order


@pytest.fixture
def broken_for(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Exception], None]:
    """Have the mail server, or our own templates, fail for mails of this key."""

    def break_for(key: str, error: Exception) -> None:
        send = MailServer.send

        def unless_broken(server: MailServer, notification: Notification) -> None:
            if f":{key}:" in notification.key:
                raise error
            send(server, notification)

        monkeypatch.setattr(MailServer, "send", unless_broken)

    return break_for


@pytest.fixture
def slow_mail(monkeypatch: pytest.MonkeyPatch) -> Slow:
    """The mail server does not answer to the mail `slow` until it may."""
    send = MailServer.send
    slow = Slow(send)
    monkeypatch.setattr(MailServer, "send", lambda server, mail: (slow if ":slow:" in mail.key else send)(server, mail))
    return slow


def send_due() -> OutboxResult:
    """Run the activity once."""
    return ActivityEnvironment().run(notifications.send_notifications)


def empty_outbox() -> None:
    """Send everything due, as the workflow does; a bug of ours fails the activity, which then runs again."""
    for _attempt in range(3):
        try:
            send_due()
        except ZeroDivisionError:
            continue


def due_again() -> None:
    """The pause of every mail is over."""
    Notification.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_mail_that_the_server_refused_is_tried_again_later_each_time_after_a_longer_pause(
    order: Order, broken_for: Callable
) -> None:
    mail = write_mail(order, "one")
    broken_for("one", smtplib.SMTPServerDisconnected("gone"))

    pauses = []
    for _attempt in range(3):
        answer = send_due()
        mail.refresh_from_db()
        pauses.append(answer.retry_in_seconds)
        due_again()

    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[2] / 3
    assert (mail.sent_at, mail.attempts, mail.last_error) == (None, 3, "gone")


def test_a_mail_is_not_tried_before_it_is_due(order: Order, broken_for: Callable) -> None:
    mail = write_mail(order, "one")
    broken_for("one", OSError("gone"))

    for _wake in range(5):
        send_due()

    mail.refresh_from_db()
    assert mail.attempts == 1


@pytest.mark.parametrize("error", [smtplib.SMTPRecipientsRefused({}), ZeroDivisionError("a bug in a template")])
def test_one_broken_mail_holds_up_no_other(
    order: Order, broken_for: Callable, error: Exception, mailoutbox: list
) -> None:
    for key in ("before", "broken", "after"):
        write_mail(order, key)
    broken_for("broken", error)

    empty_outbox()

    assert [mail.key for mail in Notification.objects.unsent()] == ["order_delivered:broken:order"]
    assert len(mailoutbox) == 2


def test_after_the_last_attempt_a_mail_is_given_up_and_says_why(order: Order, broken_for: Callable) -> None:
    mail = write_mail(order, "one")
    broken_for("one", OSError("mailbox full"))

    for _attempt in range(notifications.ATTEMPTS + 3):
        send_due()
        due_again()

    mail.refresh_from_db()
    assert mail.given_up_at is not None
    assert (mail.attempts, mail.last_error) == (notifications.ATTEMPTS, "mailbox full")
    assert send_due().retry_in_seconds == 0


def test_a_mail_that_goes_out_at_the_last_attempt_is_not_given_up(order: Order) -> None:
    mail = write_mail(order, "one", attempts=notifications.ATTEMPTS - 1)

    answer = send_due()

    mail.refresh_from_db()
    assert (answer.sent, mail.given_up_at) == (1, None)
    assert mail.sent_at is not None


def test_a_mail_that_is_being_sent_is_not_sent_by_another_attempt_however_short_the_pauses(
    order: Order, slow_mail: Slow, monkeypatch: pytest.MonkeyPatch, mailoutbox: list
) -> None:
    monkeypatch.setattr(notifications, "FIRST_PAUSE", timedelta(0))
    write_mail(order, "slow")
    timed_out = in_background(send_due)
    assert slow_mail.begun.wait(60)

    send_due()
    slow_mail.may_go_on.set()

    assert timed_out.result().sent == len(mailoutbox) == 1


def test_an_attempt_that_goes_on_after_its_time_sends_nothing_that_the_next_has_sent(
    order: Order, slow_mail: Slow, mailoutbox: list
) -> None:
    for key in ("slow", "second", "third"):
        write_mail(order, key)
    timed_out = in_background(send_due)
    assert slow_mail.begun.wait(60)

    assert send_due().sent == 2
    slow_mail.may_go_on.set()

    assert timed_out.result().sent == 1
    assert len(mailoutbox) == 3


def test_an_attempt_that_is_cancelled_ends_after_the_mail_in_hand(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("first", "second"):
        write_mail(order, key)
    attempt = ActivityEnvironment()
    send = MailServer.send

    def cancelled_meanwhile(server: MailServer, notification: Notification) -> None:
        attempt.cancel()
        send(server, notification)

    monkeypatch.setattr(MailServer, "send", cancelled_meanwhile)

    answer = attempt.run(notifications.send_notifications)

    assert answer == OutboxResult(sent=1, retry_in_seconds=1)
    assert [mail.attempts for mail in Notification.objects.order_by("id")] == [1, 0]


def test_a_worker_that_dies_while_it_sends_is_missed_soon(order: Order) -> None:
    for key in ("first", "second", "third"):
        write_mail(order, key)
    signs_of_life = []
    attempt = ActivityEnvironment()
    attempt.on_heartbeat = lambda: signs_of_life.append(1)

    attempt.run(notifications.send_notifications)

    assert len(signs_of_life) == 3
    assert policies.SEND_MAIL["heartbeat_timeout"] <= timedelta(seconds=30)
