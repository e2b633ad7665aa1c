"""What goes out of our account closes refunds, or is put before people where money is taken back."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from temporalio.exceptions import ApplicationError

from orders.invariants.books import check_books
from orders.models import BankDebit, JournalEntry, PaymentEvent, RefundBatch, RefundTask
from orders.payments import books
from orders.reconciliation.unmatched import send_back, ways_out
from orders.rules import accounts
from orders.rules.states import DebitKind, DebitState, DebitWay, MismatchReason, PaymentEventOutcome, RefundState
from temporal_app.activities.refund_files import settle_debit
from temporal_app.messages import DebitSettlement
from tests.factories.camt import PAYER_IBAN, Entry, camt
from tests.factories.mt940 import mt940
from tests.factories.people import make_user
from tests.payments.test_statements import make_transfer_order, taken

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("write", [camt, mt940], ids=["camt", "mt940"])


@pytest.fixture(autouse=True)
def bank(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    settings.BANK_IBAN = "DE89370400440532013000"


def make_refund(amount: str = "43.90") -> RefundTask:
    """Money that came for no order, and that finance has to send back."""
    taken(camt(Entry(amount=amount, purpose="whatever", payer="Maria Anders")))
    return sent_back(PaymentEvent.objects.latest("pk"))


def sent_back(event: PaymentEvent) -> RefundTask:
    with transaction.atomic():
        send_back(event, key=f"{event.pk}")
        books.sent_back(event, key=f"{event.pk}")
        person = make_user(f"fiona{event.pk}", "finance")
        decision = {"action": "refund", "state": "done", "mismatch": event.reason, "decided_by": person}
        event.decisions.create(**decision)
        event.move_to(PaymentEventOutcome.RESOLVED)
    return RefundTask.objects.latest("pk")


def debit(task: RefundTask, **columns: str) -> Entry:
    facts = {"amount": str(task.amount), "end_to_end": task.end_to_end_id, "purpose": "anything"}
    return Entry(direction="DBIT", **{**facts, **columns})


def balance(account: str) -> Decimal:
    return JournalEntry.objects.balance(account, "EUR")


def assert_books_agree() -> None:
    assert [str(finding) for finding in check_books(timezone.now())] == []


@BOTH
def test_the_debit_of_a_refund_closes_it_by_its_name(write) -> None:
    task = make_refund()

    statement = taken(write(debit(task)))

    task.refresh_from_db()
    closed = BankDebit.objects.get()
    assert (task.state, task.done_by) == (RefundState.DONE, f"statement:{statement.pk}")
    assert (closed.kind, closed.state, closed.refund_task) == (DebitKind.REFUND, DebitState.SETTLED, task)
    assert (statement.debits, statement.left_out) == (1, 0)
    assert balance(accounts.refund(task.pk)) == balance(accounts.provider("bank_transfer")) == 0
    assert_books_agree()


def test_the_same_debit_in_every_format_closes_a_refund_once() -> None:
    task = make_refund()
    one = debit(task, bank_reference="B9")

    for content in (camt(one), mt940(one), camt(one, message="054"), camt(one, version="02"), mt940(one)):
        taken(content)

    assert BankDebit.objects.count() == 1
    assert_books_agree()


def test_a_refund_that_finance_made_by_hand_is_known_by_order_payee_and_amount() -> None:
    order, _reference = make_transfer_order()
    task = make_refund()
    RefundTask.objects.update(order_number=order.number)

    taken(camt(Entry(direction="DBIT", purpose=f"Refund {order.number}")))

    task.refresh_from_db()
    assert task.state == RefundState.DONE
    assert_books_agree()


def test_the_debit_of_a_refund_that_was_marked_as_made_confirms_it_and_moves_nothing() -> None:
    task = make_refund()
    task.move_to(RefundState.DONE, by="user:17", at=timezone.now())
    books.refund_made(task)

    taken(camt(debit(task)))

    task.refresh_from_db()
    assert (task.done_by, BankDebit.objects.get().kind) == ("user:17", DebitKind.REFUND)
    assert_books_agree()


@BOTH
def test_a_refund_that_was_paid_twice_is_put_before_people_and_stands_as_missing(write) -> None:
    task = make_refund()
    taken(write(debit(task, bank_reference="B1")))

    taken(write(debit(task, bank_reference="B2", booked="2026-03-05")))

    twice = BankDebit.objects.latest("pk")
    assert (twice.kind, twice.state) == (DebitKind.PAID_TWICE, DebitState.OPEN)
    assert balance(accounts.taken_back(twice.pk)) == Decimal("-43.90")
    assert_books_agree()


@pytest.mark.parametrize(
    ("columns", "kind"),
    [({"amount": "43.80"}, DebitKind.OTHER_AMOUNT), ({"end_to_end": "REFUND-999"}, DebitKind.UNKNOWN_REFUND)],
)
def test_a_debit_that_is_not_quite_that_of_a_refund_closes_none(columns: dict[str, str], kind: DebitKind) -> None:
    task = make_refund()

    taken(camt(debit(task, **columns)))

    task.refresh_from_db()
    assert task.state == RefundState.OPEN
    assert BankDebit.objects.get().kind == kind
    assert_books_agree()


@BOTH
@pytest.mark.parametrize("reversal", [True, False])
def test_money_that_is_taken_back_is_put_before_people_with_its_order(write, reversal: bool) -> None:
    order, reference = make_transfer_order()

    statement = taken(write(Entry(direction="DBIT", reversal=reversal, purpose=f"RETURN {reference}")))

    back = BankDebit.objects.get()
    assert (back.kind, back.state, back.order_number) == (DebitKind.TAKEN_BACK, DebitState.OPEN, order.number)
    assert (statement.debits, statement.left_out) == (1, 0)
    assert balance(accounts.taken_back(back.pk)) == Decimal("-43.90")
    assert_books_agree()


def test_what_else_goes_out_is_nothing_to_the_shop() -> None:
    statement = taken(camt(Entry(direction="DBIT", purpose="rent"), Entry(direction="DBIT", purpose="Telekom 123456")))

    assert (statement.debits, statement.left_out) == (0, 2)
    assert not BankDebit.objects.exists()


@BOTH
def test_a_refund_that_came_back_waits_for_a_person_and_is_not_sent_to_that_account_again(write) -> None:
    task = make_refund()
    taken(write(debit(task)))

    taken(write(Entry(end_to_end=task.end_to_end_id, return_code="AC04", booked="2026-03-06")))

    event = PaymentEvent.objects.latest("pk")
    assert (event.outcome, event.reason) == (PaymentEventOutcome.UNMATCHED, MismatchReason.REFUND_RETURNED)
    assert event.order_number == task.order_number
    assert [str(way) for way in ways_out(event)] == ["refund", "ignore"]
    assert balance(accounts.unmatched(event.pk)) == Decimal("43.90")
    assert (sent_back(event).iban, task.iban) == ("", PAYER_IBAN)
    assert_books_agree()


def test_an_import_that_runs_again_closes_and_takes_nothing_twice() -> None:
    task = make_refund()
    content = camt(debit(task), Entry(direction="DBIT", reversal=True, purpose="x"))

    for _time in range(3):
        taken(content)

    assert BankDebit.objects.count() == 2
    assert_books_agree()


def test_a_planted_difference_is_found_by_the_books() -> None:
    taken(camt(Entry(direction="DBIT", reversal=True)))
    account = accounts.taken_back(BankDebit.objects.get().pk)
    planted = {"source": "provider:bank_transfer", "target": account, "amount": Decimal("1.00"), "currency": "EUR"}
    JournalEntry.record(key="planted", cause="planted", **planted)

    assert [str(finding.rule) for finding in check_books(timezone.now())] == ["taken_back_stands"]


def settled(debit: BankDebit, way: DebitWay, key: int = 0) -> BankDebit:
    for _time in range(2):
        settle_debit(DebitSettlement(debit.pk, "user:17", way, key))
    debit.refresh_from_db()
    return debit


def test_what_the_bank_took_back_is_owed_again_by_the_customer_of_its_order() -> None:
    order, reference = make_transfer_order()
    taken(camt(Entry(direction="DBIT", reversal=True, purpose=f"RETURN {reference}")))

    back = settled(BankDebit.objects.get(), DebitWay.OWED)

    assert (back.state, balance(accounts.taken_back(back.pk))) == (DebitState.SETTLED, 0)
    assert balance(accounts.owed(order.number)) == Decimal("-43.90")
    assert order.timeline.get(kind="taken_back").data["amount"] == "43.90"
    assert_books_agree()


def test_a_debit_that_was_a_refund_made_by_hand_closes_it_and_no_other_amount_does() -> None:
    task, other = make_refund(), make_refund("12.00")
    taken(camt(debit(task, end_to_end="REFUND-999")))
    odd = BankDebit.objects.get()

    with pytest.raises(ApplicationError, match="does not belong there"):
        settle_debit(DebitSettlement(odd.pk, "user:17", DebitWay.REFUND, other.pk))
    settled(odd, DebitWay.REFUND, task.pk)

    task.refresh_from_db()
    assert task.state == RefundState.DONE
    assert balance(accounts.taken_back(odd.pk)) == balance(accounts.refund(task.pk)) == 0
    assert_books_agree()


@pytest.mark.parametrize("with_details", [True, False])
def test_a_file_of_refunds_in_one_debit_closes_each_by_its_name_or_waits_for_a_person(with_details: bool) -> None:
    tasks = [make_refund("40.00"), make_refund("3.90")]
    batch = RefundBatch.make(tasks, by="user:17", at=timezone.now())
    details = {
        "parts": [(str(task.amount), "") for task in tasks],
        "names": tuple(task.end_to_end_id for task in tasks),
    }
    entry = Entry(direction="DBIT", purpose="SEPA", **(details if with_details else {}))

    taken(camt(entry))
    kinds = sorted(BankDebit.objects.values_list("kind", flat=True))
    if not with_details:
        settled(BankDebit.objects.get(), DebitWay.FILE, batch.pk)

    assert kinds == (["refund", "refund"] if with_details else ["collective"])
    assert set(RefundTask.objects.values_list("state", flat=True)) == {RefundState.DONE}
    assert balance(accounts.provider("bank_transfer")) == 0
    assert_books_agree()
