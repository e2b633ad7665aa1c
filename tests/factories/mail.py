"""Small factories for tests of mail: mails in the outbox, and what they are about."""

from datetime import datetime

from django.contrib.auth.models import User
from django.utils import timezone

from orders.mail import MailServer, fan_out
from orders.models import ExpenseRequest, Notification, Order
from orders.models.notification import MailKind
from tests.factories.people import make_user
from tests.factories.rows import make_approval, make_order


def make_mail(kind: MailKind, recipient: str = "order", **columns: object) -> Notification:
    """A mail in the outbox."""
    Notification.write(kind, recipient=recipient, key="test", **columns)
    return Notification.objects.get(kind=kind, recipient=recipient)


def send(notification: Notification) -> None:
    """Send one mail, as if it were the only one."""
    MailServer().send(notification)


def handed_out(notification: Notification, at: datetime | None = None) -> list[str]:
    """The people who get a mail to a role that is handed out now, or at another moment."""
    fan_out(notification, at or timezone.now())
    return [copy.recipient for copy in Notification.objects.unsent().filter(key__startswith=notification.key)]


def make_expense() -> ExpenseRequest:
    """An expense that Alice filed."""
    alice = make_user("alice", "support")
    return ExpenseRequest.objects.create(
        requester=alice, amount="42.00", category="Travel", description="To Bremen & back"
    )


def make_ordered(**columns: object) -> Order:
    order = make_order("300.00", **columns)
    make_approval(order)
    return order


def without_address(person: User) -> None:
    User.objects.filter(pk=person.pk).update(email="")


def to(sent: list) -> list[str]:
    return sorted(address for message in sent for address in message.to)
