"""What the shop knows of people goes after its time, and what is still needed stays."""

from datetime import datetime, timedelta
from itertools import takewhile

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.utils import timezone
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import RetryPolicy

from orders.models import (
    BankDebit,
    BankStatement,
    Cart,
    GuestHold,
    Notification,
    Order,
    PaymentEvent,
    RefundBatch,
    RefundTask,
    StaffSession,
    StatementLine,
    Throttle,
    TimelineEntry,
    TypedWords,
)
from orders.models.cart import ContactDetails
from orders.personal_data import retention
from orders.rules.order_events import OrderEvent
from orders.rules.personal_data import Kept
from temporal_app import policies
from temporal_app.activities.retention import remove_expired
from temporal_app.messages import RetentionBatch
from tests.factories.orders import make_contact
from tests.factories.people import make_user
from tests.factories.rows import make_order
from tests.personal_data.nightly import tidy

DAY = timedelta(days=1)
LATER = timedelta(days=12 * 365)


@pytest.fixture
def now(db: None, settings, tmp_path) -> datetime:
    settings.MEDIA_ROOT = tmp_path
    return timezone.now()


def order_with_everything(now: datetime, **columns: object) -> Order:
    """An order, and all that is written of its customer around it."""
    order = make_order(at=now, **columns)
    make_contact(order.cart_id, origin="o" * 32, session="s" * 32)
    GuestHold.objects.create(order=order, until=now, origin="o" * 32, session="s" * 32)
    Notification.objects.create(key=order.number, kind="order_placed", recipient="order", order=order, sent_at=now)
    TypedWords.keep("I moved to Elm Street", by="customer:guest")
    TimelineEntry.record(order, OrderEvent.CANCELLED, by="customer:guest", at=now, reason="I moved to Elm Street")
    return order


def everything_of(order: Order) -> list[str]:
    """What is written about an order's customer, wherever it is."""
    order.refresh_from_db()
    found = [*order.address().values(), order.guest_hold.origin, order.guest_hold.session]
    found += [*ContactDetails.objects.filter(cart_id=order.cart_id).values_list("name", flat=True)]
    found += [mail.key for mail in order.notifications.all()]
    return [*found, *(entry.data.get("reason", "") for entry in order.timeline.all())]


def statement_and_refund(now: datetime) -> dict[str, object]:
    """Money that came from somebody, went to somebody, and the files that say so."""
    money = {"amount": 1, "currency": "EUR"}
    statement = BankStatement(name="march.xml", state="imported", imported_at=now)
    statement.file.save("march.xml", ContentFile(b"<Document/>"))
    batch = RefundBatch.objects.create(made_at=now, made_by="user:1", count=1, total=1, currency="EUR")
    batch.store(b"<Document/>")
    event = PaymentEvent.objects.create(
        provider="sandbox", reported_by="statement:1", event_id="e", order_number="", body="{}", **money
    )
    booked = {"statement": statement, "booked_on": now.date(), "purpose": "for tea", **money}
    return {
        "statement": statement,
        "batch": batch,
        "event": event,
        "line": StatementLine.objects.create(fingerprint="f", payment_event=event, payer="Ana", **booked),
        "debit": BankDebit.objects.create(fingerprint="d", kind="taken_back", payee="Ana", **booked),
        "refund": RefundTask.objects.create(key="r", state="done", done_at=now, payee="Ana", purpose="Refund", **money),
    }


def remove_all(at: datetime) -> dict[Kept, int]:
    """Batch after batch of everything."""

    def batches(what: Kept) -> int:
        step = RetentionBatch(what, at.timestamp())
        return sum(takewhile(bool, iter(lambda: remove_expired(step), None)))

    return {what: batches(what) for what in Kept}


def test_what_an_ended_order_says_of_its_customer_goes_after_its_time_and_not_before(now: datetime) -> None:
    order = order_with_everything(now, status="cancelled", ended_at=now)
    before, token = everything_of(order), order.token

    early = remove_all(now + DAY)
    early_left = everything_of(order)
    late, again = remove_all(now + LATER), remove_all(now + LATER)

    assert (set(early.values()), early_left, "" in before) == ({0}, before, False)
    assert set(everything_of(order)) == {""}
    assert (late[Kept.ORDERS], late[Kept.MAILS], set(again.values())) == (1, 1, {0})
    assert (order.token != token, order.total, order.timeline.count()) == (True, 300, 1)
    assert not TypedWords.objects.exclude(text="").exists()


@pytest.mark.parametrize("status", ["pending", "shipped", "rollback_incomplete"])
def test_an_order_that_has_not_ended_loses_nothing_however_old_it_is(now: datetime, status: str) -> None:
    order = order_with_everything(now, status=status)
    before = everything_of(order)

    remove_all(now + LATER)

    assert everything_of(order) == before


def test_money_keeps_its_rows_and_loses_whose_it_was_and_the_files(now: datetime) -> None:
    rows = statement_and_refund(now)
    files = [rows["statement"].file, rows["batch"].file]

    early = remove_all(now + 300 * DAY)
    kept = all(file.storage.exists(file.name) for file in files)
    late, again = remove_all(now + LATER), remove_all(now + LATER)

    assert (set(early.values()), kept, set(again.values())) == ({0}, True, {0})
    assert {what: count for what, count in late.items() if count} == {Kept.FILES: 2, Kept.PAYERS: 3, Kept.REPORTS: 1}
    assert not any(file.storage.exists(file.name) for file in files)
    for row in rows.values():
        row.refresh_from_db()
    assert (rows["line"].payer, rows["line"].purpose, rows["debit"].payee, rows["refund"].payee) == ("", "", "", "")
    assert (rows["statement"].file, rows["event"].body, rows["line"].amount) == ("", "", 1)


def test_sign_ins_sessions_counts_closed_carts_and_refused_files_go(now: datetime) -> None:
    tried = {"username": "ana", "ip_address": "192.0.2.1", "user_agent": "x", "path_info": "/"}
    AccessAttempt.objects.create(**tried, get_data="", post_data="", failures_since_start=1)
    for log in (AccessLog, AccessFailureLog):
        log.objects.create(**tried)
    Session.objects.create(session_key="s", session_data="", expire_date=now + 10 * DAY)
    StaffSession.note(make_user("mia"), "s", before="", began_at=now, browser="x", address="192.0.2.1")
    Throttle.spend("x", "ana", limit=1, every=10 * DAY)
    for state in ("open", "expired"):
        Cart.objects.create(cart_id=state, state=state, changed_at=now)
        make_contact(state)
    refused = BankStatement(name="x", state="refused")
    refused.file.save("x.xml", ContentFile(b"x"))

    early, late = remove_all(now + DAY), remove_all(now + LATER)

    assert set(early.values()) == {0}
    assert {what: count for what, count in late.items() if count} == {
        Kept.SESSIONS: 2, Kept.THROTTLES: 1, Kept.SIGN_INS: 3, Kept.CARTS: 1, Kept.CONTACTS: 1, Kept.REFUSED_FILES: 1,
    }  # fmt: skip
    assert (Cart.objects.get().pk, ContactDetails.objects.get().pk) == ("open", "open")
    assert not refused.file.storage.exists(refused.file.name)


def test_what_is_too_old_goes_a_batch_at_a_time(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(5):
        Session.objects.create(session_key=str(number), session_data="", expire_date=now)

    removed = [retention.remove(Kept.SESSIONS, now) for _batch in range(4)]

    assert removed == [2, 2, 1, 0]


def test_every_night_says_how_much_went_and_what_is_wrong_with_one_kind_stops_no_other(
    worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(now: datetime) -> int:
        raise ZeroDivisionError

    for key in ("a", "b"):
        Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() - DAY)
    first = tidy()
    Session.objects.create(session_key="c", session_data="", expire_date=timezone.now() - DAY)
    monkeypatch.setitem(retention.REMOVERS, Kept.SESSIONS, broken)
    monkeypatch.setitem(policies.REPAIR, "retry_policy", RetryPolicy(maximum_attempts=1))
    Throttle.objects.create(key="k", until=timezone.now() - DAY)

    with pytest.raises(WorkflowFailureError) as failed:
        tidy()

    assert (first["sessions"], first["throttles"], Throttle.objects.count()) == (2, 0, 0)
    assert str(failed.value.cause) == "not removed: sessions"
