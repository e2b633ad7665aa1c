"""Mails go to the right people, in their language, with links that lead somewhere, and can be told apart."""

import re

import pytest
from django.core import mail
from django.utils import timezone

from orders.mail import Undeliverable, send
from orders.models import ExpenseRequest, Notification, Order
from orders.models.notification import MailKind
from orders.payments import gateway_for
from tests.admin.making import make_approval, make_delegation, make_order, make_user

pytestmark = pytest.mark.django_db

OF_EXPENSES = {MailKind.EXPENSE_SUBMITTED, MailKind.EXPENSE_APPROVED, MailKind.EXPENSE_REJECTED}


def make_mail(kind: MailKind, recipient: str = "order", **columns: object) -> Notification:
    """A mail in the outbox."""
    Notification.write(kind, recipient=recipient, key="test", **columns)
    return Notification.objects.get(kind=kind, recipient=recipient)


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


def to(sent: list) -> list[str]:
    return sorted(address for message in sent for address in message.to)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("kind", list(MailKind))
def test_every_kind_of_mail_can_be_written(kind: MailKind, language: str, settings) -> None:
    settings.LANGUAGE_CODE = language
    subject = {"expense": make_expense()} if kind in OF_EXPENSES else {"order": make_ordered(language=language)}
    recipient = "role:support" if kind in OF_EXPENSES else "order"

    send(make_mail(kind, recipient, **subject, data={"step": "release payment", "reason": "payment_expired"}))

    message = mail.outbox[0]
    (html, kind_of_html) = message.alternatives[0]
    text = f"{message.subject}\n{message.body}\n{html}"
    assert kind_of_html == "text/html"
    assert message.extra_headers["Content-Language"] == language
    assert "http://testserver/" in message.body
    assert message.subject
    assert not re.search(r"\bNone\b|{{|{%|%\(|&amp;amp;", text)


def test_a_customers_mail_goes_to_the_address_of_the_order_as_it_is_when_sent() -> None:
    order = make_ordered()
    notification = make_mail(MailKind.ORDER_PLACED, order=order)
    Order.objects.filter(pk=order.pk).update(email="moved@example.test")
    notification.order.refresh_from_db()

    send(notification)

    assert to(mail.outbox) == ["moved@example.test"]
    assert f"http://testserver{order.get_absolute_url()}" in mail.outbox[0].body


def test_a_roles_mail_goes_to_each_active_member_and_their_stand_ins_one_by_one() -> None:
    now = timezone.now()
    bob = make_user("bob", "manager")
    make_user("carol", "manager", is_active=False)
    make_user("dave", "director")
    erin = make_user("erin", "support")
    make_delegation(bob, erin, since=now)

    send(make_mail(MailKind.APPROVAL_REQUESTED, "role:manager", order=make_ordered()))

    assert to(mail.outbox) == ["bob@example.test", "erin@example.test"]
    assert all(len(message.to) == 1 for message in mail.outbox)
    assert "/admin/orders/approvalrequest/" in mail.outbox[0].body


def test_who_asks_for_an_approval_is_not_asked_to_decide_it() -> None:
    bob, alice = make_user("bob", "manager"), make_user("alice", "manager")
    order = make_order("300.00")
    approval = make_approval(order)
    approval.amend(requested_by=f"user:{alice.pk}")

    send(make_mail(MailKind.APPROVAL_REQUESTED, "role:manager", order=order))

    assert to(mail.outbox) == [bob.email]


def test_operations_and_single_people_are_written_to(settings) -> None:
    settings.OPERATIONS_EMAIL = "ops@example.test"
    expense = make_expense()
    send(make_mail(MailKind.SHIPMENT_LATE, "operations", order=make_ordered()))
    send(make_mail(MailKind.EXPENSE_APPROVED, f"user:{expense.requester_id}", expense=expense))

    assert to(mail.outbox) == ["alice@example.test", "ops@example.test"]


def test_where_there_is_nobody_to_write_to_it_says_so_and_sends_nothing() -> None:
    bob = make_user("bob", "manager")
    type(bob).objects.update(email="")

    with pytest.raises(Undeliverable, match="role:manager"):
        send(make_mail(MailKind.APPROVAL_REQUESTED, "role:manager", order=make_ordered()))

    assert mail.outbox == []


def test_a_mail_sent_twice_has_one_message_id_and_two_mails_have_two() -> None:
    order = make_ordered()
    placed, shipped = make_mail(MailKind.ORDER_PLACED, order=order), make_mail(MailKind.ORDER_SHIPPED, order=order)

    for notification in (placed, placed, shipped):
        send(notification)

    first, again, other = (message.extra_headers["Message-ID"] for message in mail.outbox)
    assert first == again != other
    assert re.fullmatch(r"<[\w.]+@testserver>", first)


def test_what_customers_type_is_text_in_the_html_and_untouched_in_the_text() -> None:
    order = make_ordered(name="<b>Zoë</b> & Co")

    send(make_mail(MailKind.ORDER_PLACED, order=order))

    html = mail.outbox[0].alternatives[0][0]
    assert "<b>Zoë</b> & Co" in mail.outbox[0].body
    assert "&lt;b&gt;Zoë&lt;/b&gt; &amp; Co" in html
    assert "<b>Zoë" not in html


def test_who_pays_by_transfer_is_told_account_amount_and_reference(settings) -> None:
    settings.BANK_IBAN = "DE89370400440532013000"
    order = make_ordered(payment_method="bank_transfer")
    gateway_for("bank_transfer").hold(
        order_number=order.number, amount=order.total, currency="EUR", key=f"{order.number}:hold:1"
    )

    send(make_mail(MailKind.PAYMENT_REQUESTED, order=order))

    body = mail.outbox[0].body
    assert "DE89 3704 0044 0532 0130 00" in body
    assert "300.00 €" in body
    assert "Reference: RF" in body
