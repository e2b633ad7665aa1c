"""Mails go to the right people, in their language, with links that lead somewhere, and can be told apart."""

import re

import pytest
from django.core import mail

from orders import labels
from orders.mail import Undeliverable
from orders.models import Order, Payment
from orders.models.notification import MailKind
from orders.payments import gateway_for
from tests.factories.mail import make_expense, make_mail, make_ordered, send, to, without_address

pytestmark = pytest.mark.django_db

OF_ACCOUNTS = {MailKind.PASSWORD_RESET, MailKind.PASSWORD_CHANGED}
OF_EXPENSES = {MailKind.EXPENSE_SUBMITTED, MailKind.EXPENSE_APPROVED, MailKind.EXPENSE_REJECTED}
OF_APPROVALS = {MailKind.APPROVAL_REQUESTED, MailKind.APPROVAL_REMINDER, MailKind.SECOND_PERSON_DECIDED}


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_kind_of_mail_can_be_written(language: str, settings, subtests: pytest.Subtests) -> None:
    settings.LANGUAGE_CODE = language
    expense, order = make_expense(), make_ordered(language=language)
    details = {"step": "payment", "reason": "payment_expired"}

    for kind in MailKind:
        with subtests.test(kind=kind):
            if kind in OF_EXPENSES | OF_ACCOUNTS:
                send(make_mail(kind, f"user:{expense.requester_id}", expense=expense, data=details))
            elif kind in OF_APPROVALS:
                send(make_mail(kind, f"user:{expense.requester_id}", order=order, data=details))
            else:
                send(make_mail(kind, "order", order=order, data=details))

            message = mail.outbox.pop()
            (html, kind_of_html) = message.alternatives[0]
            text = f"{message.subject}\n{message.body}\n{html!s}"
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


def test_a_mail_looks_up_only_what_it_says(django_assert_num_queries) -> None:
    order = make_ordered()
    notification = make_mail(MailKind.ORDER_SHIPPED, order=order)

    with django_assert_num_queries(2):  # the order and its parcel
        send(notification)


def test_operations_and_single_people_are_written_to(settings) -> None:
    settings.OPERATIONS_EMAIL = "ops@example.test"
    expense = make_expense()
    send(make_mail(MailKind.SHIPMENT_LATE, "operations", order=make_ordered()))
    send(make_mail(MailKind.EXPENSE_APPROVED, f"user:{expense.requester_id}", expense=expense))

    assert to(mail.outbox) == ["alice@example.test", "ops@example.test"]


def test_who_has_no_address_any_more_is_not_written_to() -> None:
    expense = make_expense()
    notification = make_mail(MailKind.EXPENSE_APPROVED, f"user:{expense.requester_id}", expense=expense)
    without_address(expense.requester)

    with pytest.raises(Undeliverable, match="user:"):
        send(notification)

    assert mail.outbox == []


def test_a_mail_sent_twice_has_one_message_id_and_two_mails_have_two() -> None:
    order = make_ordered()
    placed, shipped = make_mail(MailKind.ORDER_PLACED, order=order), make_mail(MailKind.ORDER_SHIPPED, order=order)

    for notification in (placed, placed, shipped):
        send(notification)

    first, again, other = (message.extra_headers["Message-ID"] for message in mail.outbox)
    assert first == again != other
    assert re.fullmatch(r"<[\w.]+@testserver>", first)


@pytest.mark.parametrize(("state", "nothing"), [("released", True), ("captured", False)])
def test_nothing_is_charged_is_said_only_where_it_is_true(state: str, nothing: bool) -> None:
    order = make_ordered()
    Payment.objects.create(order=order, attempt=1, provider="sandbox", amount=order.total, currency="EUR", state=state)

    send(make_mail(MailKind.ORDER_CANCELLED, order=order))

    assert ("Nothing is charged." in mail.outbox[0].body) is nothing


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
    assert labels.money(order.total) in body
    assert "Reference: RF" in body
