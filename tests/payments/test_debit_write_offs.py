"""What our bank took is written off by one person who asks and another one who approves, and not by one alone."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from orders.invariants.books import check_books
from orders.models import (
    ApprovalRequest,
    BankDebit,
    BankStatement,
    DebitWriteOff,
    JournalEntry,
    Notification,
    Order,
    TimelineEntry,
)
from orders.rules import accounts
from orders.rules.approvals import ApprovalOutcome
from orders.rules.refusals import Refusal
from orders.rules.states import DebitState, DebitWay, ResolutionState
from temporal_app import client
from temporal_app.activities.debit_write_offs import write_off_ended
from temporal_app.client.errors import Refused
from temporal_app.messages import ApprovalResult
from tests.admin.browsing import at_browser, dialog_url, fill_in, message_shown, words
from tests.factories.camt import IBAN, Entry, camt
from tests.factories.orders import eventually
from tests.factories.people import make_user
from tests.payments.test_statements import make_transfer_order, taken


@pytest.fixture(autouse=True)
def bank(settings, tmp_path: Path) -> None:
    settings.BANK_IBAN, settings.MEDIA_ROOT = IBAN, tmp_path


def taken_back() -> tuple[BankDebit, Order]:
    """43.90 that came for an order and that the bank took back."""
    order, reference = make_transfer_order()
    taken(camt(Entry(direction="DBIT", reversal=True, purpose=f"RETURN {reference}")))
    return BankDebit.objects.get(), order


def balance(account: str) -> Decimal:
    return JournalEntry.objects.balance(account, "EUR")


def findings() -> list[str]:
    return [str(finding.rule) for finding in check_books(timezone.now())]


def asked(debit: BankDebit, person: User) -> ApprovalRequest:
    """Somebody has asked to write a debit off; as rows."""
    wish = DebitWriteOff.objects.create(debit=debit, reason="insolvent", asked_by=person)
    now, about = timezone.now(), {"kind": "debit_write_off", "debit_write_off": wish, "amount": debit.amount}
    by = {"requested_by": f"user:{person.pk}", "requested_at": now, "deadline": now}
    return ApprovalRequest.objects.create(**about, **by, fingerprint=wish.fingerprint())


def decided(approval: ApprovalRequest, outcome: ApprovalOutcome) -> DebitWriteOff:
    """Others have decided; carried out twice."""
    approval.move_to(outcome, ended_at=timezone.now())
    for _time in range(2):
        with transaction.atomic():
            again = ApprovalRequest.objects.get(pk=approval.pk)
            write_off_ended(again, ApprovalResult(outcome, by="user:99", reason="no"))
    return DebitWriteOff.objects.get(approval=approval)


@pytest.mark.usefixtures("worker")
def test_money_taken_back_is_lost_once_a_second_person_has_approved_it_and_waits_as_it_is_before() -> None:
    fiona, mia = make_user("fiona", "finance"), make_user("mia", "manager")
    (debit, order), browser = taken_back(), at_browser(fiona)
    write_off, page = dialog_url("bankdebit", "write_off", debit.pk), dialog_url("bankdebit", "change", debit.pk)

    answers = [fill_in(browser, write_off, reason="The customer is insolvent.") for _click in range(2)]
    said, listed = message_shown(browser, answers[0]), words(browser.get(page))
    settle = fill_in(browser, dialog_url("bankdebit", "settle", debit.pk), comment="nothing", belongs="")
    with pytest.raises(Refused) as refused:
        client.settle_debit(debit.pk, by=f"user:{fiona.pk}")
    before = balance(accounts.taken_back(debit.pk))
    approval = ApprovalRequest.objects.get(kind="debit_write_off")
    seen = words(at_browser(mia).get(reverse("admin:orders_approvalrequest_change", args=[approval.pk])))
    fill_in(at_browser(mia), dialog_url("approvalrequest", "approve", approval.pk))
    eventually(lambda: DebitWriteOff.objects.get().state == ResolutionState.DONE)

    debit.refresh_from_db()
    assert "Waits for somebody else's approval." in said
    assert "Waits for somebody else's approval." in listed
    assert settle.status_code == 409
    assert "has asked to write this debit off" in words(settle)
    assert refused.value.code == Refusal.DEBIT_BUSY
    assert "The customer is insolvent." in seen
    assert (before, balance(accounts.taken_back(debit.pk))) == (Decimal("-43.90"), 0)
    assert balance(accounts.written_off(debit.cause)) == Decimal("-43.90")
    assert (debit.state, debit.way, debit.settled_by) == (DebitState.SETTLED, DebitWay.WRITE_OFF, f"user:{fiona.pk}")
    told = order.timeline.filter(kind__startswith="second_person").values_list("kind", flat=True)
    assert sorted(told) == ["second_person_agreed", "second_person_asked"]
    assert Notification.objects.filter(kind="second_person_decided", recipient=f"user:{fiona.pk}").count() == 1
    assert "Approved and written off." in words(browser.get(page))
    assert findings() == []


@pytest.mark.django_db
@pytest.mark.sqlite
def test_what_is_not_approved_stays_missing_and_can_be_asked_for_again_also_where_nobody_knew_its_place() -> None:
    fiona, (debit, order) = make_user("fiona", "finance"), taken_back()

    refused = decided(asked(debit, fiona), ApprovalOutcome.REJECTED)
    debit.refresh_from_db()
    seen = (refused.state, refused.result, debit.state, balance(accounts.taken_back(debit.pk)))
    debit.settle(by="user:17", at=timezone.now())  # to none of the places there are
    done = decided(asked(debit, fiona), ApprovalOutcome.APPROVED)

    debit.refresh_from_db()
    assert seen == ("refused", "no", "open", Decimal("-43.90"))
    assert (done.state, debit.way, balance(accounts.taken_back(debit.pk))) == ("done", "write_off", 0)
    assert TimelineEntry.objects.filter(order=order, kind="second_person_refused").count() == 1
    assert findings() == []


@pytest.mark.django_db
@pytest.mark.sqlite
def test_nobody_writes_off_what_was_taken_back_of_an_order_of_their_own() -> None:
    fiona, (debit, order) = make_user("fiona", "finance"), taken_back()
    Order.objects.filter(pk=order.pk).update(customer=fiona)

    answer = fill_in(at_browser(fiona), dialog_url("bankdebit", "write_off", debit.pk), reason="mine")
    at_the_door = DebitWriteOff.objects.exists()
    approval = asked(debit, fiona)
    with pytest.raises(Refused) as refused:
        client.ask_to_write_off_debit(approval.debit_write_off_id)
    past_it = decided(approval, ApprovalOutcome.APPROVED)

    assert not at_the_door
    assert "is your own" in words(answer)
    assert refused.value.code == Refusal.OWN_ORDER
    assert (past_it.state, past_it.result) == (ResolutionState.REFUSED, Refusal.OWN_ORDER)
    assert balance(accounts.taken_back(debit.pk)) == Decimal("-43.90")


@pytest.mark.django_db
@pytest.mark.sqlite
def test_a_write_off_that_the_journal_does_not_know_is_found_by_the_books() -> None:
    statement = BankStatement.objects.create(file="statements/x.xml", name="x.xml")
    facts = {"fingerprint": "d", "booked_on": "2026-03-02", "amount": "1.00", "currency": "EUR", "kind": "taken_back"}
    debit = BankDebit.objects.create(statement=statement, **facts)
    debit.give_up(by="user:17", at=timezone.now())

    assert findings() == ["taken_back_stands"]


@pytest.mark.django_db
def test_a_wish_of_which_nobody_has_heard_yet_is_not_said_to_wait_for_somebody() -> None:
    debit, fiona = taken_back()[0], make_user("fiona", "finance")
    DebitWriteOff.objects.create(debit=debit, reason="insolvent", asked_by=fiona)

    page = words(at_browser(fiona).get(reverse("admin:orders_bankdebit_change", args=[debit.pk])))

    assert "If it stays like this, choose the same again; it is carried out once." in page
    assert "Waits for somebody else" not in page


@pytest.mark.django_db
@pytest.mark.sqlite
def test_what_has_its_place_is_not_written_off() -> None:
    fiona, (debit, _order) = make_user("fiona", "finance"), taken_back()
    url = dialog_url("bankdebit", "write_off", debit.pk)
    debit.settle(by="user:17", at=timezone.now(), way=DebitWay.OWED)

    answer = fill_in(at_browser(fiona), url, reason="again")

    assert "has been settled already" in words(answer)
    assert not DebitWriteOff.objects.exists()
    assert decided(asked(debit, fiona), ApprovalOutcome.APPROVED).result == Refusal.DEBIT_SETTLED
    assert balance(accounts.written_off(debit.cause)) == 0
    assert "Not approved. This debit has been settled already, by" in words(
        at_browser(fiona).get(dialog_url("bankdebit", "change", debit.pk))
    )
