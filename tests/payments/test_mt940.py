"""Statements in MT940 are read like the others; what is cut off or does not add up is refused."""

import io
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.reconciliation.entries import Line, Problem, Unreadable
from orders.reconciliation.formats import read
from tests.factories.camt import PAYER_IBAN, Entry, camt
from tests.factories.mt940 import ACCOUNT, mt940, statement

REFERENCE = "RF32ORD2026000123"


def items(content: bytes) -> list:
    return list(read(io.BytesIO(content)))


def test_a_payment_is_read_with_all_that_finance_needs() -> None:
    content = mt940(Entry(reference=REFERENCE, purpose="Danke, Zoë ", bank_reference="B1", end_to_end="E-1"))

    (line,) = items(content)

    assert (line.account, line.amount, line.currency) == (ACCOUNT, Decimal("43.90"), "EUR")
    assert (line.purpose, line.bank_reference, line.end_to_end) == (f"Danke, Zoë {REFERENCE}", "B1", "E-1")
    assert (line.payer, line.payer_iban, line.booked_on.isoformat()) == ("Maria Anders", PAYER_IBAN, "2026-03-02")
    assert (line.is_debit, line.returned, line.source) == (False, False, "MT940")


def test_it_is_told_what_went_out_and_what_was_taken_back_or_came_back() -> None:
    entries = [
        Entry(direction="DBIT", end_to_end="REFUND-17"),
        Entry(direction="DBIT", reversal=True),
        Entry(reversal=True),
        Entry(return_code="AC01"),
    ]

    lines = items(mt940(*entries))

    assert [(line.is_debit, line.returned) for line in lines] == [
        (True, False), (True, True), (False, True), (False, True)
    ]  # fmt: skip
    assert lines[0].end_to_end == "REFUND-17"


@pytest.mark.parametrize("details", ["/EREF/REFUND-17/REMI/thanks", "EREF: REFUND-17 thanks"])
def test_the_name_of_a_refund_is_found_where_the_details_have_no_structure(details: str) -> None:
    plain = mt940(Entry(direction="DBIT"))
    at, end = plain.index(b":86:"), plain.index(b":62F:")

    (line,) = items(plain[: at + 4] + details.encode() + b"\r\n" + plain[end:])

    assert line.end_to_end == "REFUND-17"
    assert "thanks" in line.purpose


def test_several_statements_are_read_each_with_its_account_and_currency() -> None:
    content = statement(Entry()) + statement(Entry(), account="DE02100100100006820101", currency="CHF", number=2)

    lines = items(content.encode())

    assert [(line.statement, line.account, line.currency, line.entry) for line in lines] == [
        (1, ACCOUNT, "EUR", 1),
        (2, "DE02100100100006820101", "CHF", 2),
    ]


def test_swifts_own_envelope_is_left_aside() -> None:
    content = mt940(Entry()).decode().removesuffix("-\r\n")

    lines = items(f"{{1:F01BANKDEFFAXXX0000000000}}{{2:I940X}}{{4:\r\n{content}-}}\r\n".encode())

    assert [line.amount for line in lines] == [Decimal("43.90")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_names_are_read_in_the_encodings_that_banks_use(encoding: str) -> None:
    (line,) = items(mt940(Entry(payer="Zoë Groß"), encoding=encoding))

    assert line.payer == "Zoë Groß"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp500"])
def test_a_file_in_an_encoding_that_no_bank_uses_is_refused(encoding: str) -> None:
    with pytest.raises(Unreadable, match=r"\.$"):
        items(mt940(Entry(), encoding=encoding))


def test_a_file_that_was_cut_off_is_refused_wherever_that_loses_a_payment() -> None:
    whole = (statement(Entry(), Entry(purpose="b")) + statement(Entry(amount="7.77"), number=2)).encode()
    lost = 0

    for length in range(1, len(whole)):
        try:
            lines = items(whole[:length])
        except Unreadable:
            lost += 1
        else:  # it ends with a whole statement
            assert [line.amount for line in lines] in (
                [Decimal("43.90")] * 2,
                [Decimal("43.90")] * 2 + [Decimal("7.77")],
            )
    assert lost > len(whole) * 0.9


def test_a_statement_from_which_an_entry_is_missing_is_refused_with_both_figures() -> None:
    two = mt940(Entry(), Entry(amount="7.77", purpose="b"))
    at = two.index(b":61:", two.index(b":61:") + 1)

    with pytest.raises(Unreadable, match=r"lead to 1043\.90, its closing balance is 1051\.67"):
        items(two[:at] + two[two.index(b":62F:") :])


def test_an_amount_with_three_places_is_a_problem_and_the_rest_is_read() -> None:
    problem, line = items(mt940(Entry(amount="1.005"), Entry()))

    assert isinstance(problem, Problem)
    assert "more than two decimal places" in problem.reason
    assert isinstance(line, Line)


amounts = st.decimals("0.01", "99999.99", places=2).map(str)
words = st.text("ABCDEFGHIJ abcdefghij0123456789.,-", max_size=60).map(lambda text: " ".join(text.split()))
entries = st.builds(
    Entry,
    amount=amounts,
    purpose=words,
    direction=st.sampled_from(["CRDT", "DBIT"]),
    bank_reference=st.text("ABC0123456789", max_size=16),
    booked=st.dates(date(2000, 1, 1), date(2079, 12, 31)).map(str),
)


@given(st.lists(entries, max_size=6))
def test_both_formats_say_the_same_of_the_same_entries(booked: list[Entry]) -> None:
    def facts(content: bytes) -> list[tuple]:
        return [
            (
                line.amount,
                line.currency,
                line.booked_on,
                line.is_debit,
                line.payer,
                line.payer_iban,
                line.entry_reference,
            )
            for line in items(content)
        ]

    assert facts(mt940(*booked)) == facts(camt(*booked))


@given(st.binary(max_size=400))
def test_whatever_a_file_holds_it_is_read_or_refused(content: bytes) -> None:
    for start in (b"", b":20:X\r\n:25:", b"<?xml version='1.0'?>", mt940(Entry())):
        with suppress(Unreadable):
            items(start + content)
