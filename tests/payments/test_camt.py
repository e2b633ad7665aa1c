"""Account statements are read whatever version they are in, and never trusted."""

import io
import tracemalloc
from decimal import Decimal

import pytest

from orders.reconciliation import camt as reader
from orders.reconciliation.camt import read as read_xml
from orders.reconciliation.entries import LeftOut, Line, Problem, Unreadable
from orders.reconciliation.formats import read
from tests.factories.camt import IBAN, MESSAGES, PAYER_IBAN, TAIL, Entry, camt, head, statement

ALL = [f"{version:02}" for version in range(2, 14)]
VERSIONS = pytest.mark.parametrize(
    ("version", "message"), [(version, message) for version in ALL for message in MESSAGES]
)
REFERENCE = "RF32ORD2026000123"
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">&b;</Document>'
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Document>&a;</Document>'


def items(content: bytes) -> list:
    return list(read(io.BytesIO(content)))


@VERSIONS
def test_a_payment_is_read_with_all_that_finance_needs(version: str, message: str) -> None:
    content = camt(
        Entry(reference=REFERENCE, purpose="Thanks & bye", bank_reference="B1"), version=version, message=message
    )

    (line,) = items(content)

    assert isinstance(line, Line)
    assert (line.account, line.amount, line.currency) == (IBAN, Decimal("43.90"), "EUR")
    assert (line.creditor_reference, line.purpose, line.bank_reference) == (REFERENCE, "Thanks & bye", "B1")
    assert (line.payer, line.payer_iban, line.booked_on.isoformat()) == ("Maria Anders", PAYER_IBAN, "2026-03-02")


@VERSIONS
def test_a_batch_is_read_payment_by_payment(version: str, message: str) -> None:
    batch = Entry(amount="100.00", parts=[("43.90", REFERENCE), ("56.10", "RF other")])

    lines = items(camt(batch, version=version, message=message))

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
def test_it_is_told_what_went_out_and_what_was_taken_back_or_came_back(version: str, message: str) -> None:
    entries = [
        Entry(direction="DBIT", payer="Ben Beck", end_to_end="REFUND-17"),
        Entry(direction="DBIT", reversal=True),
        Entry(direction="DBIT", return_code="AC04"),
        Entry(return_code="AC01", end_to_end="REFUND-17"),
        Entry(reversal=True),
    ]

    out, *others = items(camt(*entries, version=version, message=message))

    assert (out.is_debit, out.returned, out.end_to_end) == (True, False, "REFUND-17")
    assert (out.payer, out.payer_iban, out.amount) == ("Ben Beck", PAYER_IBAN, Decimal("43.90"))
    assert [(line.is_debit, line.returned) for line in others] == [
        (True, True),
        (True, True),
        (False, True),
        (False, True),
    ]


@VERSIONS
def test_what_is_only_announced_is_left_out(version: str, message: str) -> None:
    entries = [Entry(status="PDNG"), Entry(status="INFO"), Entry(direction="DBIT", status="PDNG")]

    assert [type(item) for item in items(camt(*entries, version=version, message=message))] == [LeftOut] * 3


def test_the_banks_own_code_for_a_return_is_understood() -> None:
    entry = Entry().xml("08").replace("NTRF+166", "NTRF+159+931")
    family = (
        Entry()
        .xml("08")
        .replace("<Prtry>", "<Domn><Cd>PMNT</Cd><Fmly><SubFmlyCd>RRTN</SubFmlyCd></Fmly></Domn><Prtry>")
    )
    content = f"{head('08')}{statement(entry + family + Entry().xml('08'))}{TAIL}".encode()

    assert [line.returned for line in items(content)] == [True, True, False]


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
     head("08").replace("053", "052").encode() + TAIL.encode(), head("14").encode() + TAIL.encode(), LAUGHS, OUTSIDE],
)  # fmt: skip
def test_what_is_no_statement_of_ours_is_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(Unreadable, match=r"\.$"):
        items(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (head("14").encode() + TAIL.encode(), "version 14 of CAMT.053"),
        (head("08").replace("053", "052").encode() + TAIL.encode(), "a message CAMT.052"),
        (b"<html/>", "no account statement"),
        (b"a;b;c", "neither CAMT.053, CAMT.054 nor MT940"),
        (b" \n", "empty"),
        (camt(Entry(payer="Zoë")).decode().encode("latin-1"), "another encoding than it says"),
        (camt(Entry())[:-5], "cut off"),
    ],
)
def test_it_is_said_what_is_wrong_with_a_file(content: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        items(content)


def test_an_amount_with_three_places_is_named() -> None:
    (problem,) = items(camt(Entry(amount="1.005", currency="KWD")))

    assert problem.reason % problem.params == "Its amount 1.005 KWD has more than two decimal places."


def test_a_file_that_was_cut_off_is_refused_wherever_it_was_cut() -> None:
    whole = camt(Entry(), Entry(purpose="Zoë"))

    for length in range(1, len(whole) - 1, 37):
        with pytest.raises(Unreadable):
            items(whole[:length])


@pytest.mark.parametrize("where", [b"<Stmt>", b"</Ntry>", b"<Ntry>", b"</Stmt>"])
def test_a_file_made_to_fill_memory_is_refused_before_it_does(where: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "ELEMENTS_AROUND_ENTRIES", 100)
    monkeypatch.setattr(reader, "ELEMENTS_OF_AN_ENTRY", 100)
    whole = camt(*[Entry()] * 120)
    padded = whole.replace(where, where + b"<a/>" * 20 if where == b"</Ntry>" else where + b"<a/>" * 101)

    assert items(whole)
    with pytest.raises(Unreadable, match="far more XML"):
        items(padded)


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
    count = sum(isinstance(item, Line) for item in read_xml(Endless()))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 2_000
    assert peak < 2**20
