"""A customer who wants to be forgotten is, as far as open orders and books allow; a record says what stays and why."""

import json
from io import StringIO

import pytest
from axes.models import AccessLog
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.utils import timezone

from orders.models import (
    Cart,
    ErasureRecord,
    Notification,
    Order,
    PaymentEvent,
    TypedWords,
)
from orders.models.cart import ContactDetails
from orders.personal_data.customer import Customer, customer_of
from orders.personal_data.handing_out import export
from temporal_app.activities.erasures import erase_customer
from tests.admin.browsing import at_browser, dialog_url, fill_in, message_shown, words
from tests.factories.people import make_user
from tests.personal_data.erasing import HERS, erase, life_of, remove_erasures

TRACES = ("maria", "anders", "obere", "12209", "moved to elm")


def traces() -> list[str]:
    """Where her name or address still is, in any table that says something of customers."""
    found = []
    for table in (Order, ContactDetails, Notification, TypedWords, ErasureRecord, User, AccessLog, Cart):
        for row in table.objects.values():
            text = json.dumps(row, default=str).casefold()
            found += [f"{table.__name__}: {trace}" for trace in TRACES if trace in text]
    return found


def test_a_customer_of_ended_orders_is_forgotten_and_the_books_stay(maria: User) -> None:
    browser = Browser()
    browser.force_login(maria)
    AccessLog.objects.create(username="maria", ip_address="192.0.2.1", user_agent="x", path_info="/")
    TypedWords.keep("I moved to Elm Street", by=f"customer:{maria.pk}")
    orders = [life_of(maria, status="delivered", ended_at=timezone.now()), life_of(status="cancelled")]
    others = life_of(status="delivered", name="Ana", email="ana@example.test")

    record = erase(Customer(maria, maria.email))

    assert set(traces()) <= {"Order: obere", "Order: 12209", "ContactDetails: obere", "ContactDetails: 12209"}  # Ana's
    assert set(Order.objects.exclude(pk=others.pk).values_list("name", "email", "city")) == {("", "", "")}
    assert (Session.objects.count(), User.objects.get(pk=maria.pk).is_active) == (0, False)
    assert record.removed == {
        "orders": 2, "contacts": 2, "carts": 2, "mails": 2, "words": 1, "sessions": 1, "sign_ins": 1, "account": 1,
    }  # fmt: skip
    assert record.kept == [["orders", 2, "accounts"], ["payers", 2, "accounts"]]
    assert (record.email, record.finished_at is not None) == ("", True)
    others.refresh_from_db()
    assert (others.name, ContactDetails.objects.count(), PaymentEvent.objects.count()) == ("Ana", 1, 3)
    assert [order.total for order in orders] == [300, 300]


@pytest.mark.parametrize("has_account", [True, False])
def test_what_somebody_else_ordered_from_their_account_under_the_same_address_stays_theirs(
    maria: User, has_account: bool
) -> None:
    ana = User.objects.create_user("ana", "ana@example.test")
    anas = life_of(ana, status="delivered", ended_at=timezone.now())  # a present: under Maria's name and address

    customer = Customer(maria if has_account else None, maria.email)
    handed_out = export(customer)
    record = erase(customer)

    anas.refresh_from_db()
    assert (anas.name, customer_of(anas)) == ("Maria Anders", Customer(ana, ana.email, (anas.pk,)))
    assert (Cart.objects.count(), ContactDetails.objects.count(), Notification.objects.count()) == (1, 1, 1)
    assert [handed_out[what] for what in ("orders", "carts", "contact_details", "mails")] == [[], [], [], []]
    assert set(record.removed) <= {"account"}


def test_what_an_open_order_needs_stays_until_it_has_ended_and_goes_the_night_after(maria: User) -> None:
    order = life_of(maria, status="paid")
    now = timezone.now()

    record = erase(Customer(maria, maria.email))
    erase_customer(record.pk)  # runs twice
    order.refresh_from_db()
    then = (order.name, ContactDetails.objects.count(), record.removed, record.finished_at)
    untouched = remove_erasures(now)
    Order.objects.update(status="delivered", ended_at=now)
    gone, again = remove_erasures(timezone.now()), remove_erasures(timezone.now())

    assert then == ("Maria Anders", 1, {}, None)
    assert record.kept[:2] == [["open_orders", 1, "open_order"], ["account", 1, "open_order"]]
    assert (untouched, gone, again, traces()) == (0, 1, 0, [])
    record.refresh_from_db()
    assert (record.removed["orders"], record.removed["account"], record.open_orders) == (1, 1, [])
    assert record.finished_at is not None


def test_an_account_with_credit_stays_until_the_credit_is_gone(maria: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders.personal_data.erasure.balance", lambda _customer: 5)

    record = erase(Customer(maria, maria.email))

    assert (record.kept, record.finished_at) == ([["account", 1, "credit"]], None)
    assert User.objects.get(pk=maria.pk).is_active


def test_a_manager_sees_what_goes_and_what_stays_types_why_and_it_is_done(worker) -> None:
    order = life_of(status="delivered", ended_at=timezone.now())
    browser, url = at_browser(make_user("mia", "manager")), dialog_url("order", "erase", order.pk)

    shown, without_reason = words(browser.get(url)), words(fill_in(browser, url, reason=""))
    said = message_shown(browser, fill_in(browser, url, reason="Her letter of 3 March"))
    listed = words(browser.get("/admin/orders/erasurerecord/"))
    page = words(browser.get(f"/admin/orders/erasurerecord/{ErasureRecord.objects.get().pk}/change/"))

    assert "orders that have ended (name, e-mail and address in them): 1" in shown
    assert "payments, refunds and account statements: 1 (accounts, which the law asks for)" in shown
    assert "This field is required." in without_reason
    assert "Removed: orders that have ended" in said
    assert ("Her letter of 3 March" in listed, "mia" in listed, "accounts, which the law asks for" in page) == (
        True,
    ) * 3
    assert "Erase customer" not in words(browser.get(f"/admin/orders/order/{order.pk}/change/"))
    assert "Whose order this was is forgotten already." in words(browser.get(url))


@pytest.mark.django_db
def test_nobody_of_the_staff_is_erased_and_nobody_without_the_permission_erases() -> None:
    mia = make_user("mia", "manager")
    order = life_of(email=mia.email)
    url = dialog_url("order", "erase", order.pk)

    told = words(at_browser(mia).get(url))
    refused = at_browser(make_user("sue", "support")).get(url)

    assert ("whose acts stay on record" in told, refused.status_code) == (True, 403)
    for who in ("mia", "nobody", "nobody@example.test"):
        with pytest.raises(CommandError):
            call_command("erase_customer", who, reason="x")
    assert not ErasureRecord.objects.exists()


@pytest.mark.django_db
def test_away_is_said_and_nothing_is_written(temporal_away: None) -> None:
    order = life_of(status="delivered", ended_at=timezone.now())

    answer = fill_in(at_browser(make_user("mia", "manager")), dialog_url("order", "erase", order.pk), reason="x")
    with pytest.raises(CommandError):
        call_command("erase_customer", HERS["email"], reason="x", stdout=StringIO())

    assert (answer.status_code, ErasureRecord.objects.count()) == (503, 0)


def test_the_command_says_what_would_go_and_does_it_for_a_reason(worker) -> None:
    life_of(status="delivered", ended_at=timezone.now())
    looked, done = StringIO(), StringIO()

    call_command("erase_customer", "maria@example.TEST", stdout=looked)
    before = Order.objects.get().name
    call_command("erase_customer", "maria@example.TEST", reason="Her letter", stdout=done)

    assert ("Nothing was done." in looked.getvalue(), before) == (True, "Maria Anders")
    assert "Done; it is erasure" in done.getvalue()
    assert traces() == []


def test_a_customers_data_is_handed_out_whole_and_without_keys(maria: User, tmp_path) -> None:
    orders = [life_of(maria), life_of()]
    life_of(name="Ana", email="ana@example.test")
    TypedWords.keep("I moved to Elm Street", by=f"customer:{maria.pk}")
    out, file = StringIO(), tmp_path / "maria.json"

    call_command("export_customer", "maria", stdout=out)
    call_command("export_customer", "maria", output=file, stdout=StringIO())
    known = json.loads(out.getvalue())

    assert json.loads(file.read_text()) == known
    assert [order["number"] for order in known["orders"]] == [order.number for order in orders]
    assert known["account"]["email"] == "maria@example.test"
    assert {len(known[kind]) for kind in ("contact_details", "carts", "mails", "payment_events")} == {2}
    assert known["orders"][0]["lines"][0]["unit_price"] == "300.00"
    assert known["reasons_given"][0]["text"] == "I moved to Elm Street"
    assert not any(secret in out.getvalue() for secret in (orders[0].token, maria.password, "ana@example"))
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_customer", "maria", output=file)


def test_everything_that_names_a_customer_is_in_what_is_handed_out(maria: User) -> None:
    assert set(export(Customer(maria, maria.email))) == {
        "format", "account", "orders", "contact_details", "carts", "mails", "payment_events", "bank_transfers",
        "refunds_by_transfer", "reasons_given", "sign_ins", "sessions",
    }  # fmt: skip
