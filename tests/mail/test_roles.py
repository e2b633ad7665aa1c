"""A mail to a role becomes one mail for each person in it, when its turn comes."""

import smtplib
from collections import Counter
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone
from temporalio.testing import ActivityEnvironment

from orders.mail import Undeliverable, fan_out
from orders.models import Notification
from orders.models.notification import MailKind
from temporal_app.activities import notifications
from temporal_app.messages import OutboxResult
from tests.factories.mail import handed_out, make_mail, make_ordered, send, to, without_address
from tests.factories.people import make_user
from tests.factories.rows import make_approval, make_delegation, make_order

pytestmark = pytest.mark.django_db


def send_due() -> OutboxResult:
    """Empty the outbox, once."""
    return ActivityEnvironment().run(notifications.send_notifications)


def due_again() -> None:
    """The pause of every mail is over."""
    Notification.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_roles_mail_is_handed_out_to_each_active_member_and_their_stand_ins() -> None:
    bob = make_user("bob", "manager")
    make_user("carol", "manager", is_active=False)
    make_user("dave", "director")
    without_address(make_user("frank", "manager"))
    erin = make_user("erin", "support")
    make_delegation(bob, erin, since=timezone.now())

    people = handed_out(make_mail(MailKind.APPROVAL_REQUESTED, "role:manager", order=make_ordered()))

    assert people == [f"user:{bob.pk}", f"user:{erin.pk}"]


def test_a_roles_mail_goes_to_who_stands_in_when_it_is_handed_out_not_when_it_was_written() -> None:
    bob, erin, dave = make_user("bob", "manager"), make_user("erin"), make_user("dave")
    notification = make_mail(MailKind.APPROVAL_REQUESTED, "role:manager", order=make_ordered())
    make_delegation(bob, erin, since=timezone.now(), days=1)
    make_delegation(bob, dave, since=timezone.now() + timedelta(days=1))

    people = handed_out(notification, at=timezone.now() + timedelta(days=2))

    assert people == [f"user:{bob.pk}", f"user:{dave.pk}"]


def test_a_roles_mail_that_is_handed_out_is_done_and_each_person_has_one_that_says_the_same() -> None:
    bob = make_user("bob", "manager")
    notification = make_mail(MailKind.APPROVAL_REQUESTED, "role:manager", order=make_ordered(), data={"a": 1})

    for _time in range(2):
        handed_out(notification)

    copy = Notification.objects.unsent().get()
    assert (copy.kind, copy.order, copy.data) == (notification.kind, notification.order, {"a": 1})
    send(copy)
    assert to(mail.outbox) == [bob.email]
    assert "/admin/orders/approvalrequest/" in mail.outbox[0].body


def test_who_asks_for_an_approval_is_not_asked_to_decide_it() -> None:
    bob, alice = make_user("bob", "manager"), make_user("alice", "manager")
    order = make_order("300.00")
    approval = make_approval(order)
    approval.amend(requested_by=f"user:{alice.pk}")

    people = handed_out(make_mail(MailKind.APPROVAL_REQUESTED, "role:manager", order=order))

    assert people == [f"user:{bob.pk}"]


def test_where_nobody_in_a_role_can_be_written_to_it_says_so_and_the_mail_is_not_done() -> None:
    without_address(make_user("bob", "manager"))
    notification = make_mail(MailKind.APPROVAL_REQUESTED, "role:manager", order=make_ordered())

    with pytest.raises(Undeliverable, match="role:manager"):
        fan_out(notification, timezone.now())

    assert Notification.objects.unsent().get() == notification


def test_one_bad_address_in_a_role_neither_keeps_others_from_their_mail_nor_sends_it_to_them_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alice, bob, carol = (make_user(name, "manager") for name in ("alice", "bob", "carol"))
    make_mail(MailKind.APPROVAL_REQUESTED, "role:manager", order=make_ordered())
    take = EmailBackend.send_messages

    def take_all_but_bobs(backend: EmailBackend, messages: list[EmailMultiAlternatives]) -> int:
        if any(message.to == [bob.email] for message in messages):
            raise smtplib.SMTPRecipientsRefused({bob.email: (550, b"unknown")})
        return take(backend, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", take_all_but_bobs)

    for _attempt in range(notifications.ATTEMPTS + 3):
        send_due()
        due_again()

    unsent = Notification.objects.get(sent_at=None)
    assert Counter(to(mail.outbox)) == {alice.email: 1, carol.email: 1}
    assert (unsent.recipient, unsent.attempts) == (f"user:{bob.pk}", notifications.ATTEMPTS)
    assert bob.email in unsent.last_error


def test_a_roles_mail_is_handed_out_and_sent_in_one_go() -> None:
    bob, carol = make_user("bob", "manager"), make_user("carol", "manager")
    make_mail(MailKind.APPROVAL_REQUESTED, "role:manager", order=make_ordered())

    answer = send_due()

    assert answer == OutboxResult(sent=2, retry_in_seconds=0)
    assert to(mail.outbox) == [bob.email, carol.email]


def test_a_mail_to_a_role_that_nobody_is_in_waits_for_somebody() -> None:
    make_mail(MailKind.APPROVAL_REQUESTED, "role:manager", order=make_ordered())
    send_due()
    bob = make_user("bob", "manager")

    due_again()
    send_due()

    assert to(mail.outbox) == [bob.email]
