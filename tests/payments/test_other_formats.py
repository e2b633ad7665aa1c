"""The same payment in two formats is one payment; two payments stay two, however alike they are."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from orders.models import BankStatement, PaymentEvent, StatementLine
from orders.rules.states import StatementState
from tests.factories.camt import Entry, camt
from tests.factories.mt940 import mt940
from tests.payments.test_statements import taken

pytestmark = pytest.mark.django_db
FORMATS = {
    "CAMT.053": lambda *entries: camt(*entries, version="08"),
    "CAMT.054": lambda *entries: camt(*entries, version="02", message="054"),
    "MT940": mt940,
}
PAIRS = [(one, other) for one in FORMATS for other in FORMATS if one != other]
EITHER_WAY = pytest.mark.parametrize(("one", "other"), PAIRS)
IBANS = ["DE02120300000000202051", "DE02500105170137075030", "DE88100900001234567892"]


@pytest.fixture(autouse=True)
def bank(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    settings.BANK_IBAN = "DE89370400440532013000"


def both(one: str, other: str, first: list[Entry], second: list[Entry]) -> tuple[BankStatement, BankStatement]:
    return taken(FORMATS[one](*first)), taken(FORMATS[other](*second))


def booked() -> Decimal:
    return StatementLine.objects.aggregate(all=Sum("amount"))["all"] or Decimal(0)


@EITHER_WAY
@pytest.mark.parametrize("named", [True, False])
def test_a_statement_in_two_formats_counts_once(one: str, other: str, named: bool) -> None:
    entries = [
        Entry(purpose=f"gift {number}", bank_reference=f"2026030200{number}" if named else "", payer_iban=iban)
        for number, iban in enumerate(IBANS)
    ]

    first, again = both(one, other, entries, entries)

    assert (first.state, again.state) == (StatementState.IMPORTED, StatementState.IMPORTED)
    assert (first.credits, again.credits, again.repeated) == (3, 0, 3)
    assert PaymentEvent.objects.count() == 3


@EITHER_WAY
def test_equal_payments_of_one_day_are_paired_one_by_one(one: str, other: str) -> None:
    gift = Entry(purpose="gift")

    first, more = both(one, other, [gift, gift], [gift, gift, gift])

    assert (first.credits, more.credits, more.repeated) == (2, 1, 2)


@EITHER_WAY
def test_two_people_who_pay_the_same_on_one_day_stay_two(one: str, other: str) -> None:
    anna = Entry(purpose="table", payer="Anna", payer_iban=IBANS[0])
    ben = Entry(purpose="chair", payer="Ben", payer_iban=IBANS[1])

    _first, second = both(one, other, [anna], [ben, anna])

    assert (second.credits, second.repeated) == (1, 1)
    assert set(StatementLine.objects.values_list("payer", flat=True)) == {"Anna", "Ben"}


@EITHER_WAY
def test_payments_that_the_bank_calls_by_other_names_stay_two(one: str, other: str) -> None:
    first, second = both(one, other, [Entry(bank_reference="B1")], [Entry(bank_reference="B2")])

    assert (first.credits, second.credits) == (1, 1)


def test_a_reference_that_one_format_leaves_out_does_not_make_it_another_payment() -> None:
    _first, again = both("CAMT.053", "MT940", [Entry(purpose="gift", bank_reference="B1")], [Entry(purpose="gift")])

    assert (again.credits, again.repeated) == (0, 1)


def test_a_long_reference_is_known_by_what_mt940_has_room_for() -> None:
    whole, short = Entry(bank_reference="2026030212345678901234"), Entry(bank_reference="2026030212345678")

    _first, again = both("CAMT.053", "MT940", [whole], [short])

    assert (again.credits, again.repeated) == (0, 1)


@pytest.mark.parametrize("order", [1, -1])
def test_a_batch_is_one_whether_its_parts_are_told_or_its_sum(order: int) -> None:
    parts = Entry(amount="100.00", parts=[("43.90", "RF a"), ("56.10", "RF b")], bank_reference="B1")
    files = [camt(parts, message="054"), camt(Entry(amount="100.00", bank_reference="B1"))][::order]

    _first, again = map(taken, files)

    assert again.credits == 0
    assert booked() == Decimal("100.00")


def test_a_payment_from_before_formats_were_noted_is_known_too() -> None:
    taken(camt(Entry(purpose="gift")))
    StatementLine.objects.update(source="", account="", position=0, entry_reference="", entry_total=0, end_to_end="")

    again = taken(mt940(Entry(purpose="gift")))

    assert (again.credits, again.repeated) == (0, 1)


bookings = st.builds(
    Entry,
    amount=st.sampled_from(["5.00", "7.50"]),
    purpose=st.sampled_from(["a", "b", "c"]),
    payer_iban=st.sampled_from(IBANS[:2]),
    bank_reference=st.sampled_from(["", "B1", "B2", "B3"]),
)


@given(st.lists(bookings, max_size=6), st.lists(bookings, max_size=3), st.sampled_from(PAIRS))
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_second_format_brings_only_what_the_first_had_not(
    known: list[Entry], more: list[Entry], pair: tuple[str, str]
) -> None:
    StatementLine.objects.all().delete()
    PaymentEvent.objects.all().delete()

    both(*pair, known, known + more)

    assert booked() == sum((Decimal(one.amount) for one in known + more), Decimal(0))
