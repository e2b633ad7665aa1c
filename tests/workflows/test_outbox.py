"""The outbox sends every mail once, is woken once a second at most, and ends when nothing is left."""

import time
from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from orders.models import Notification
from orders.models.notification import MailKind
from orders.rules import identifiers
from temporal_app import client
from temporal_app.activities import notifications, outbox
from temporal_app.workflows.notification_outbox import NotificationOutboxWorkflow
from tests.factories.orders import ask, eventually, start_order, wait_until
from tests.factories.products import make_product
from tests.workflows.at_once import everybody


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
