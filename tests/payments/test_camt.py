"""Account statements are read whatever version they are in, and never trusted."""

import io
import tracemalloc
from decimal import Decimal

import pytest

from orders.reconciliation.camt import LeftOut, Line, Problem, Unreadable, read
from tests.factories.camt import IBAN, PAYER_IBAN, TAIL, Entry, camt, head, statement

VERSIONS = pytest.mark.parametrize("version", ["02", "04", "08"])
REFERENCE = "RF32ORD2026000123"
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">&b;</Document>'
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Document>&a;</Document>'


def items(content: bytes) -> list:
    return list(read(io.BytesIO(content)))


@VERSIONS
def test_a_payment_is_read_with_all_that_finance_needs(version: str) -> None:
    content = camt(Entry(reference=REFERENCE, purpose="Thanks & bye", bank_reference="B1"), version=version)

    (line,) = items(content)

    assert isinstance(line, Line)
    assert (line.account, line.amount, line.currency) == (IBAN, Decimal("43.90"), "EUR")
    assert (line.creditor_reference, line.purpose, line.bank_reference) == (REFERENCE, "Thanks & bye", "B1")
    assert (line.payer, line.payer_iban, line.booked_on.isoformat()) == ("Maria Anders", PAYER_IBAN, "2026-03-02")


@VERSIONS
def test_a_batch_is_read_payment_by_payment(version: str) -> None:
    batch = Entry(amount="100.00", parts=[("43.90", REFERENCE), ("56.10", "RF other")])

    lines = items(camt(batch, version=version))

    assert [(line.amount, line.creditor_reference) for line in lines] == [
        (Decimal("43.90"), REFERENCE),
        (Decimal("56.10"), "RF other"),
    ]


def test_several_statements_in_one_file_are_read_each_with_its_account() -> None:
    other = "DE02100100100006820101"
    entries = Entry().xml("04")
    content = f"{head('04')}{statement(entries)}{statement(entries, other, 2)}{TAIL}".encode()

    lines = items(content)

    assert [(line.statement, line.account) for line in lines] == [(1, IBAN), (2, other)]


@VERSIONS
def test_what_went_out_or_is_only_announced_or_taken_back_is_left_out(version: str) -> None:
    entries = [Entry(direction="DBIT"), Entry(status="PDNG"), Entry(reversal=True)]

    assert [type(item) for item in items(camt(*entries, version=version))] == [LeftOut] * 3


@pytest.mark.parametrize(
    "wrong",
    [
        Entry(amount="-1.00"), Entry(amount="0.00"), Entry(amount="1.005"), Entry(amount="1,00"), Entry(amount="NaN"),
        Entry(amount=""), Entry(amount="9" * 30), Entry(currency="euro"), Entry(booked="yesterday"),
        Entry(booked="2026-02-30"), Entry(direction="IN"),
        Entry(amount="10.00", parts=[("1.00", "a"), ("2.00", "b")]), Entry(parts=[("", "a"), ("", "b")]),
    ],
)  # fmt: skip
def test_one_wrong_entry_is_a_problem_and_the_rest_is_read(wrong: Entry) -> None:
    wrong.bank_reference = "B7"

    before, problem, after = items(camt(Entry(), wrong, Entry()))

    assert isinstance(problem, Problem)
    assert "B7" in problem.where
    assert problem.reason.endswith(".")
    assert isinstance(before, Line)
    assert isinstance(after, Line)


@pytest.mark.parametrize(
    "content",
    [b"", b"not XML", b"%PDF-1.7", b"\x00\x01", b"\xff\xfe\x00", b"<html/>",
     b"<?xml version='1.0' encoding='klingon'?><a/>",
     head("08").replace("053", "052").encode() + TAIL.encode(), head("03").encode() + TAIL.encode(), LAUGHS, OUTSIDE],
)  # fmt: skip
def test_what_is_no_statement_of_ours_is_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(Unreadable, match=r"\.$"):
        items(content)


def test_a_file_that_was_cut_off_is_refused_wherever_it_was_cut() -> None:
    whole = camt(Entry(), Entry(purpose="Zoë"))

    for length in range(1, len(whole) - 1, 37):
        with pytest.raises(Unreadable):
            items(whole[:length])


def test_memory_stays_small_however_many_entries_there_are() -> None:
    entry = Entry(reference=REFERENCE).xml("08").encode()

    class Endless(io.RawIOBase):
        """A file that is made while it is read."""

        def __init__(self) -> None:
            self.parts = iter([head("08").encode() + statement("@").split("@")[0].encode(), *[entry] * 2_000,
                               b"</Stmt>" + TAIL.encode()])  # fmt: skip
            self.rest = b""

        def read(self, size: int = -1) -> bytes:
            while len(self.rest) < size and (part := next(self.parts, b"")):
                self.rest += part
            answer, self.rest = self.rest[:size], self.rest[size:]
            return answer

    tracemalloc.start()
    count = sum(isinstance(item, Line) for item in read(Endless()))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 2_000
    assert peak < 2**20
