"""What one address gets: one mail of a kind in an hour, so many in a day, and no link that a customer wrote."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from temporalio.testing import ActivityEnvironment

from orders.forms import CheckoutForm
from orders.mail.budget import held_until
from orders.models import Notification
from orders.models.notification import MailKind
from temporal_app.activities.notifications import send_notifications
from tests.factories.mail import make_mail, make_ordered, send

pytestmark = pytest.mark.django_db


def another(kind: MailKind, order: object, key: str, **columns: object) -> Notification:
    Notification.write(kind, recipient="order", key=key, order=order, **columns)
    return Notification.objects.get(key=f"{kind}:{key}:order")


def test_one_mail_of_a_kind_goes_out_in_an_hour_for_an_order_and_the_next_one_waits() -> None:
    order = make_ordered()
    first = another(MailKind.PAYMENT_PART, order, "1", data={"part": "1.00", "missing": "2.00"})
    ActivityEnvironment().run(send_notifications)
    second = another(MailKind.PAYMENT_PART, order, "2", data={"part": "1.00", "missing": "1.00"})
    other = another(MailKind.PAYMENT_REQUESTED, order, "1")

    ActivityEnvironment().run(send_notifications)

    for row in (first, second, other):
        row.refresh_from_db()
    assert (second.sent_at, second.attempts, second.due_at) == (None, 0, first.sent_at + timedelta(hours=1))
    assert second.is_held_back(timezone.now())
    assert other.sent_at is not None
    assert held_until(second, first.sent_at + timedelta(hours=1)) is None


def test_of_mails_that_wait_and_say_the_same_only_the_last_is_sent() -> None:
    order = make_ordered()
    waiting = [another(MailKind.PAYMENT_REQUESTED, order, str(number)) for number in range(3)]
    Notification.objects.exclude(pk=waiting[-1].pk).update(due_at=timezone.now() + timedelta(minutes=5))

    ActivityEnvironment().run(send_notifications)

    assert len(mail.outbox) == 1
    assert not Notification.objects.unsent().exists()


def test_an_address_has_a_budget_of_mails_a_day_whatever_they_are_about(settings) -> None:
    settings.MAILS_A_DAY = 2
    orders = [make_ordered(email=email) for email in ("a@example.test", "A@example.test", "a@example.test")]
    rows = [another(MailKind.ORDER_PLACED, order, order.number) for order in orders]
    for row in rows[:2]:
        row.mark_sent(timezone.now())

    until = held_until(rows[2], timezone.now())

    assert until == rows[0].sent_at + timedelta(days=1)
    assert held_until(rows[2], until) is None


@pytest.mark.parametrize("name", ["http://evil.example", "www.evil.example", "Win at evil.example", "eve@evil.example"])
def test_a_customers_name_never_becomes_a_link(name: str) -> None:
    send(make_mail(MailKind.ORDER_PLACED, order=make_ordered(name=name)))

    (html, _kind) = mail.outbox[0].alternatives[0]
    assert "evil" not in mail.outbox[0].body
    assert "evil" not in html
    assert 'href="http://testserver/orders/' in html


@pytest.mark.parametrize(
    ("field", "typed"),
    [("name", "http://evil.example"), ("street", "www.evil.example 1"), ("email", "root@[127.0.0.1]")],
)
def test_what_is_no_name_and_no_address_is_refused_at_checkout(field: str, typed: str) -> None:
    form = CheckoutForm({field: typed})

    assert field in form.errors
    assert typed in (form[field].value(),)
