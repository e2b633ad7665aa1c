"""Mail goes out once, is tried again where it cannot, and none holds up another."""

import smtplib
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from django.utils import timezone
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from orders.mail import MailServer
from orders.models import Notification, Order
from orders.models.notification import MailKind
from orders.rules import identifiers
from temporal_app import client, policies
from temporal_app.activities import notifications, outbox
from temporal_app.messages import OutboxResult
from temporal_app.workflows.notification_outbox import NotificationOutboxWorkflow
from tests.factories.orders import ask, eventually, start_order, wait_until, write_order
from tests.factories.products import make_product
from tests.workflows.at_once import everybody, in_background
from tests.workflows.outside import Slow


def write_mail(order: Order, key: str, **columns: object) -> Notification:
    Notification.write(MailKind.ORDER_DELIVERED, recipient="order", key=key, order=order, **columns)
    return Notification.objects.get(key__contains=f":{key}:")


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


@pytest.mark.sqlite
def test_each_mail_of_an_order_goes_out_once(worker: Client, mailoutbox: list) -> None:
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")

    client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
    eventually(lambda: not Notification.objects.unsent().exists())
    outbox.wake_outbox()
    ask(worker.get_workflow_handle(identifiers.NOTIFICATION_OUTBOX).result())

    keys = [message.extra_headers["Message-ID"] for message in mailoutbox]
    assert len(keys) == len(set(keys)) == Notification.objects.count()
    assert all(message.to == ["alice@example.org"] for message in mailoutbox)


def test_the_outbox_ends_when_nothing_is_left_and_begins_anew_with_the_next_mail(worker: Client) -> None:
    make_product()
    outbox = worker.get_workflow_handle_for(NotificationOutboxWorkflow.run, identifiers.NOTIFICATION_OUTBOX)
    start_order()
    eventually(lambda: Notification.objects.exists() and not Notification.objects.unsent().exists())
    ask(outbox.result())
    sent = Notification.objects.count()

    start_order()

    eventually(lambda: Notification.objects.count() > sent and not Notification.objects.unsent().exists())


def put_into_outbox(key: object) -> None:
    """What an activity does that writes one mail."""
    with transaction.atomic():
        outbox.mail(MailKind.OPERATIONS_ALERT, to="operations", key=str(key))


def test_a_mail_that_its_process_wakes_nobody_for_is_sent_by_the_second_look(worker: Client) -> None:
    outbox.notifier = outbox.OutboxNotifier(outbox.wake_outbox, every=3_600)
    put_into_outbox("first")
    eventually(lambda: not Notification.objects.unsent().exists())

    put_into_outbox("second")

    eventually(lambda: Notification.objects.count() == 2 and not Notification.objects.unsent().exists())
    assert ask(wakes(worker)) == 1


def test_hundreds_of_mails_at_once_are_all_sent_and_wake_the_outbox_once_a_second(worker: Client) -> None:
    began = time.monotonic()

    everybody(put_into_outbox, range(400), people=8)
    seconds_of_writing = int(time.monotonic() - began) + 1

    eventually(lambda: not Notification.objects.unsent().exists(), within=120)
    assert Notification.objects.count() == 400
    assert ask(wakes(worker)) <= seconds_of_writing


async def wakes(temporal: Client) -> int:
    """How often the outbox has been woken, in all its runs."""
    executions = [execution async for execution in temporal.list_workflows()]
    histories = [
        await temporal.get_workflow_handle(execution.id, run_id=execution.run_id).fetch_history()
        for execution in executions
        if execution.id == identifiers.NOTIFICATION_OUTBOX
    ]
    signal = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
    return sum(event.event_type == signal for history in histories for event in history.events)


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


def test_a_mail_server_that_comes_back_gets_what_waited(
    worker: Client, monkeypatch: pytest.MonkeyPatch, mailoutbox: list
) -> None:
    send = EmailBackend.send_messages
    down = True

    def unless_down(backend: EmailBackend, messages: list[EmailMultiAlternatives]) -> int:
        if down:
            raise ConnectionRefusedError("nobody listens")
        return send(backend, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", unless_down)
    monkeypatch.setattr(notifications, "FIRST_PAUSE", timedelta(seconds=1))
    make_product()
    order = start_order()
    eventually(lambda: order.notifications.filter(attempts__gte=1).exists())

    down = False

    eventually(lambda: not Notification.objects.unsent().exists())
    assert len(mailoutbox) == 1
