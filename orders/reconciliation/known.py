"""Whether a booking has been taken before: in another file, or in another format that says the same otherwise."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from orders.models.bank_debit import BankDebit
from orders.models.statements import BankStatement, StatementLine
from orders.reconciliation.accounts import ours
from orders.reconciliation.entries import Line, plain_reference

Entry = tuple[type[Any], int, int]  # a table, and which entry of which statement it is there
OLDEST = "CAMT.053"  # in which rows came that do not say so
SHORT = 16  # so much of a bank's reference MT940 has room for


@dataclass
class Seen:
    """What one file has held so far."""

    turns: Counter[tuple[int, bool, str]] = field(default_factory=Counter)
    taken: dict[int, bool] = field(default_factory=dict)  # by entry of the file: it came in another format
    claimed: set[Entry] = field(default_factory=set)  # each entry in the tables is one of the file's at most

    def mark(self, line: Line) -> str:
        """What tells one payment from every other, in whatever file it stands: all the bank says of it, and which of
        several equal ones in its statement it is (two people may pay the same amount on one day without a word)."""
        content = [
            line.account,
            line.bank_reference,
            line.booked_on.isoformat(),
            f"{line.amount:.2f} {line.currency}",
            line.creditor_reference,
            line.purpose,
            line.end_to_end,
            line.payer,
            line.payer_iban,
        ]
        digest = hashlib.sha256("\n".join(content).encode()).hexdigest()
        turn = (line.statement, line.is_debit, digest)
        self.turns[turn] += 1
        number = self.turns[turn]
        return digest if number == 1 else hashlib.sha256(f"{digest} {number}".encode()).hexdigest()


def new_ones(statement: BankStatement, lines: dict[str, Line], seen: Seen) -> dict[str, Line]:
    """Those of these lines, by mark, that no statement has brought before. All of them go in one direction."""
    table: type[Any] = BankDebit if any(line.is_debit for line in lines.values()) else StatementLine
    rows = table.objects.filter(fingerprint__in=lines).only("fingerprint", "statement_id", "position")
    known = {row.fingerprint: _place(row) for row in rows}
    seen.claimed.update(known.values())
    fresh = {mark: line for mark, line in lines.items() if mark not in known}
    entries = _entries_like(table, statement, fresh.values())
    return {mark: line for mark, line in fresh.items() if not _came_otherwise(line, entries, seen)}


def _entries_like(table: type[Any], statement: BankStatement, lines: Iterable[Line]) -> dict[Any, list[Any]]:
    """Rows of other statements that may be these, by day and amount of their entry."""
    days = {line.booked_on for line in lines}
    totals = {line.entry_total for line in lines}
    alike = Q(entry_total__in=totals) | Q(entry_total=0, amount__in=totals)
    rows = table.objects.filter(alike, booked_on__in=days).exclude(statement=statement).order_by("pk")
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.booked_on, row.entry_total or row.amount, row.currency].append(row)
    return found


def _came_otherwise(line: Line, entries: dict[Any, list[Any]], seen: Seen) -> bool:
    """Whether another format has brought the entry of this line; what is found of its first line holds for all."""
    if line.entry not in seen.taken:
        found = None
        for row in entries[line.booked_on, line.entry_total, line.currency]:
            place = _place(row)
            if place not in seen.claimed and _is_same(line, row):
                found = place
                seen.claimed.add(place)
                break
        seen.taken[line.entry] = found is not None
    return seen.taken[line.entry]


def _place(row: Any) -> Entry:
    return type(row), row.statement_id, row.position or -row.pk  # older rows do not say which entry they are


def _is_same(line: Line, row: Any) -> bool:
    """Whether a row is this very entry, as another format says it: by the bank's reference, or, where one of them has
    none, because nothing speaks against it."""
    if (row.source or OLDEST) == line.source or (ours(row.account) if row.account else line.account) != line.account:
        return False
    here, there = plain_reference(line.entry_reference), plain_reference(row.entry_reference)
    if here and there:
        return here[:SHORT] == there[:SHORT] if "MT940" in (line.source, row.source) else here == there
    is_debit = isinstance(row, BankDebit)
    iban = row.payee_iban if is_debit else row.payer_iban
    purpose = row.purpose if is_debit else f"{row.reference} {row.purpose}"
    pairs = (
        (line.payer_iban, iban),
        (plain_reference(line.end_to_end), plain_reference(row.end_to_end)),
    )
    if any(one and other and one != other for one, other in pairs):
        return False
    if line.entry_total != line.amount or (row.entry_total or row.amount) != row.amount:
        return True  # a batch and its parts
    said, written = plain_reference(line.words), plain_reference(purpose)
    return said in written or written in said
