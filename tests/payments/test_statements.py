"""Statements are taken once, whatever file they come in, and lead to the orders they pay."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from orders import labels
from orders.models import BankStatement, BankTransfer, Order, PaymentEvent, RefundTask, StatementLine
from orders.payments import gateway_for
from orders.payments.gateway import ProviderRefused, ProviderState
from orders.reconciliation.matching import match_event
from orders.reconciliation.near import near
from orders.reconciliation.statements import import_file
from orders.rules.states import MismatchReason, PaymentEventOutcome, RefundState, StatementState
from tests.factories.camt import PAYER_IBAN, TAIL, Entry, camt, head, statement
from tests.factories.payments import make_waiting_order

pytestmark = pytest.mark.django_db
GATEWAY = gateway_for("bank_transfer")


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    settings.BANK_IBAN = "DE89370400440532013000"


def taken(content: bytes) -> BankStatement:
    """A file uploaded and imported, and what is new in it matched."""
    file = ContentFile(content, name="statement.xml")
    upload = BankStatement.objects.create(file=file, name="statement.xml")
    import_file(upload, at=timezone.now())
    for payment_event in PaymentEvent.objects.filter(outcome=PaymentEventOutcome.RECEIVED).order_by("pk"):
        with transaction.atomic():
            match_event(payment_event, timezone.now())
    return upload


def make_transfer_order(total: str = "43.90") -> tuple[Order, str]:
    """An order that waits for a transfer, and the reference its customer was given."""
    order = make_waiting_order(total, payment_method="bank_transfer")
    hold = GATEWAY.hold(order_number=order.number, amount=order.total, currency="EUR", key=f"{order.number}:hold:1")
    return order, hold.reference


def outcomes() -> list[tuple[str, str]]:
    return list(PaymentEvent.objects.order_by("pk").values_list("outcome", "reason"))


@pytest.mark.parametrize("version", ["02", "04", "08"])
def test_a_transfer_with_its_reference_pays_its_order(version: str) -> None:
    order, reference = make_transfer_order()

    tally = taken(camt(Entry(reference=reference), version=version))

    line = StatementLine.objects.get()
    assert (tally.credits, tally.problems) == (1, [])
    assert (line.payment_event.order_number, line.payment_event.outcome) == (order.number, PaymentEventOutcome.MATCHED)
    assert GATEWAY.status(reference=reference).state == ProviderState.AUTHORISED


@pytest.mark.parametrize("typed", ["{0}", "Rechnung {0} vom 2.3.", "{1}", "bestellung {2} danke", "{3}"])
def test_the_reference_is_found_however_it_was_typed(typed: str) -> None:
    order, reference = make_transfer_order()
    spaced = " ".join(reference[i : i + 4] for i in range(0, len(reference), 4))

    taken(camt(Entry(purpose=typed.format(spaced, reference.lower(), order.number, f"{reference}2026"))))

    assert PaymentEvent.objects.get().order_number == order.number
    assert outcomes() == [(PaymentEventOutcome.MATCHED, "")]


def test_a_mistyped_reference_goes_to_a_person_with_the_orders_it_may_be_for() -> None:
    order, reference = make_transfer_order()
    make_transfer_order("99.00")
    same, _reference = make_transfer_order()
    mistyped = reference[:-1] + str((int(reference[-1]) + 5) % 10)

    taken(camt(Entry(purpose=mistyped)))

    proposed = [candidate.order.number for candidate in near(PaymentEvent.objects.get())]
    assert outcomes() == [(PaymentEventOutcome.UNMATCHED, MismatchReason.UNKNOWN_ORDER)]
    assert set(proposed[:2]) == {order.number, same.number}


def test_the_same_file_again_and_the_same_payment_in_another_file_change_nothing() -> None:
    _order, reference = make_transfer_order()
    entries = [Entry(reference=reference, bank_reference="B1"), Entry(purpose="?", bank_reference="B2")]
    taken(camt(*entries))
    before = outcomes()

    again, in_another = taken(camt(*entries)), taken(camt(entries[1], Entry(bank_reference="B3"), version="02"))

    assert (again.credits, again.repeated) == (0, 2)
    assert (in_another.credits, in_another.repeated) == (1, 1)
    assert outcomes()[:2] == before
    assert StatementLine.objects.count() == 3


def test_two_equal_payments_on_one_day_are_two_also_when_the_file_comes_again() -> None:
    content = camt(Entry(purpose="donation"), Entry(purpose="donation"))

    first, again = taken(content), taken(content)

    assert (first.credits, again.credits, again.repeated) == (2, 0, 2)


def test_what_is_wrong_is_told_what_does_not_concern_us_is_left_out_and_the_rest_is_taken() -> None:
    _order, reference = make_transfer_order()

    tally = taken(camt(Entry(amount="x", bank_reference="B9"), Entry(direction="DBIT"), Entry(reference=reference)))

    assert (tally.credits, tally.left_out, len(tally.problems)) == (1, 1, 1)
    assert "B9" in labels.statement_problem(tally.problems[0])


def test_a_file_of_another_account_is_refused_and_both_accounts_are_named() -> None:
    foreign = taken(camt(Entry(), Entry(direction="DBIT"), iban="DE02100100100006820101"))

    (sentence,) = map(labels.statement_problem, foreign.problems)
    assert foreign.state == StatementState.REFUSED
    assert "another account (DE02100100100006820101)" in sentence
    assert "not of ours (DE89370400440532013000)" in sentence


def test_of_a_file_with_several_accounts_ours_are_taken_and_the_others_are_named_once(settings) -> None:
    settings.BANK_OTHER_IBANS = ["CH9300762011623852957"]
    strangers = "DE02100100100006820101"
    parts = [
        statement(Entry(purpose="a").xml("04")),
        statement(Entry(purpose="b", currency="CHF").xml("04"), "CH9300762011623852957", 2),
        statement("".join(Entry(purpose=word).xml("04") for word in "cde"), strangers, 3),
    ]

    tally = taken(f"{head('04')}{''.join(parts)}{TAIL}".encode())

    lines = list(StatementLine.objects.order_by("pk").values_list("account", "currency", "amount"))
    assert lines == [
        ("DE89370400440532013000", "EUR", Decimal("43.90")),
        ("CH9300762011623852957", "CHF", Decimal("43.90")),
    ]
    assert (tally.state, tally.credits) == (StatementState.IMPORTED, 2)
    assert [labels.statement_problem(problem) for problem in tally.problems] == [
        f"3 entries are of another account: {strangers}."
    ]


def test_money_in_another_currency_goes_to_a_person() -> None:
    _order, reference = make_transfer_order()

    taken(camt(Entry(reference=reference, currency="CHF")))

    assert outcomes() == [(PaymentEventOutcome.UNMATCHED, MismatchReason.WRONG_CURRENCY)]


def test_a_file_that_was_cut_off_is_refused_and_nothing_of_it_taken() -> None:
    upload = taken(camt(Entry(), Entry())[:-20])

    assert upload.state == StatementState.REFUSED
    assert "cut off" in labels.statement_problem(upload.problems[0])
    assert not StatementLine.objects.exists()


def test_an_import_that_died_on_the_way_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders.reconciliation.statements.AT_ONCE", 2)
    content = camt(*[Entry(purpose=f"gift {number}") for number in range(5)])
    upload = BankStatement.objects.create(file=ContentFile(content, name="a.xml"), name="a.xml")
    signs = iter([None] * 4)

    with pytest.raises(StopIteration):
        import_file(upload, at=timezone.now(), alive=lambda: next(signs))
    before = StatementLine.objects.count()
    import_file(upload, at=timezone.now())

    assert before == 4
    assert StatementLine.objects.count() == 5
    assert (upload.state, upload.credits, upload.repeated) == (StatementState.IMPORTED, 5, 0)


def test_a_transfer_cannot_be_captured_before_it_arrived() -> None:
    order, reference = make_transfer_order()

    with pytest.raises(ProviderRefused):
        GATEWAY.capture(reference=reference, amount=order.total, key=f"{order.number}:capture:1")


def test_a_refund_is_a_task_for_finance_with_the_payers_account_asked_for_once_and_made_once() -> None:
    order, reference = make_transfer_order()
    taken(camt(Entry(reference=reference, payer="Maria Anders")))
    GATEWAY.capture(reference=reference, amount=order.total, key=f"{order.number}:capture:1")

    for _time in range(2):
        GATEWAY.refund(reference=reference, amount=order.total, key=f"{order.number}:refund:1")

    task = RefundTask.objects.get()
    assert (task.payee, task.iban, task.amount) == ("Maria Anders", PAYER_IBAN, order.total)
    assert [task.move_to(RefundState.DONE, by="user:17", at=timezone.now()) for _time in range(2)] == [True, False]


def test_money_that_arrived_for_an_order_given_up_goes_to_a_person() -> None:
    order, reference = make_transfer_order()
    taken(camt(Entry(reference=reference)))
    order.begin_undo(timezone.now())

    GATEWAY.release(reference=reference, key=f"{order.number}:release:1")

    assert outcomes() == [(PaymentEventOutcome.UNMATCHED, MismatchReason.AFTER_CANCELLATION)]
    assert not RefundTask.objects.exists()


def test_money_that_arrived_stays_the_orders_when_another_transfer_takes_the_place_of_the_first() -> None:
    order, reference = make_transfer_order()
    taken(camt(Entry(reference=reference)))

    GATEWAY.release(reference=reference, key=f"{order.number}:release:1")
    second = GATEWAY.hold(order_number=order.number, amount=order.total, currency="EUR", key=f"{order.number}:hold:2")

    assert outcomes() == [(PaymentEventOutcome.MATCHED, "")]
    assert GATEWAY.capture(reference=second.reference, amount=order.total, key=f"{order.number}:capture:2")


def test_what_was_accepted_beyond_the_total_goes_back_once_with_the_last_of_it_where_the_order_is_undone() -> None:
    order, reference = make_transfer_order()
    taken(camt(Entry(reference=reference, amount="50.00")))
    PaymentEvent.objects.get().move_to(PaymentEventOutcome.MATCHED, MismatchReason.TOO_MUCH)
    GATEWAY.capture(reference=reference, amount=order.total, key=f"{order.number}:capture:1")

    order.begin_undo(timezone.now())

    for key, amount in [("1", "3.90"), ("2", "40.00"), ("2", "40.00")]:
        GATEWAY.refund(reference=reference, amount=Decimal(amount), key=f"{order.number}:refund:{key}")

    assert list(RefundTask.objects.order_by("pk").values_list("amount", flat=True)) == [
        Decimal("3.90"),
        Decimal("46.10"),
    ]


def test_a_second_attempt_at_payment_has_a_reference_of_its_own() -> None:
    order, first = make_transfer_order()

    GATEWAY.release(reference=first, key=f"{order.number}:release:1")
    second = GATEWAY.hold(order_number=order.number, amount=order.total, currency="EUR", key=f"{order.number}:hold:2")

    assert first != second.reference
    assert BankTransfer.objects.filter(order_number=order.number).count() == 2
