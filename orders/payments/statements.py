"""Taking account statements: every payment in them once, whatever file it comes in and however often."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from django.conf import settings
from django.db import transaction

from orders.models.bank import BankStatement, BankTransfer, StatementLine
from orders.models.payment import NoticeOutcome
from orders.payments.bank_transfer import BankTransferGateway
from orders.payments.camt import Item, Line, Problem, Unreadable, read
from orders.payments.intake import told_at_once
from orders.payments.references import find_number, find_references, order_of
from orders.payments.webhooks import PAID, Notice

AT_ONCE = 500
LARGEST_FILE = 300 * 2**20  # bytes; 100,000 payments take about 150 MB
MOST_PROBLEMS = 200  # more than that nobody reads


@dataclass
class Tally:
    """What came of a file. `new` are the keys of payment notices that now have to be matched."""

    credits: int = 0
    repeated: int = 0
    left_out: int = 0
    problems: list[str] = field(default_factory=list)
    new: list[int] = field(default_factory=list)


def check(statement: BankStatement) -> None:
    """Read a whole file and take nothing, so that one that was cut off is refused as a whole.

    :raises camt.Unreadable: with the reason
    """
    if statement.file.size > LARGEST_FILE:
        raise Unreadable(f"The file is larger than {LARGEST_FILE // 2**20} MB.")
    with statement.file.open("rb") as file:
        for _item in read(file):
            pass


def take(statement: BankStatement, *, from_item: int = 0) -> Iterator[Tally]:
    """Take a file's payments, 500 a transaction; yields what came of each 500. Taking them again changes nothing.

    :param from_item: how many entries to pass over because they were taken before
    :raises camt.Unreadable: see `check`
    """
    seen: Counter[tuple[int, str]] = Counter()
    with statement.file.open("rb") as file:
        items = read(file)
        position = 0
        while page := list(islice(items, AT_ONCE)):
            marked = [(item, _fingerprint(item, seen) if isinstance(item, Line) else "") for item in page]
            position += len(page)
            if position > from_item:
                with transaction.atomic():
                    yield _take_page(statement, marked)


def _take_page(statement: BankStatement, page: list[tuple[Item, str]]) -> Tally:
    tally = Tally()
    known = _taken_before([mark for _item, mark in page if mark])
    new: dict[str, Line] = {}
    for item, mark in page:
        if isinstance(item, Problem):
            tally.problems.append(f"{item.where}: {item.reason}")
        elif not isinstance(item, Line):
            tally.left_out += 1
        elif item.account != settings.BANK_IBAN:
            tally.problems.append(_other_account(item))
        elif mark in known or mark in new:
            tally.repeated += 1
            tally.new += known.get(mark, [])
        else:
            new[mark] = item
    tally.credits = len(new)
    tally.new += _take_lines(statement, new)
    tally.problems = tally.problems[:MOST_PROBLEMS]
    return tally


def _other_account(line: Line) -> str:
    return f"{line.booked_on} {line.amount} {line.currency}: it is of another account ({line.account or 'unnamed'})."


def _taken_before(marks: list[str]) -> dict[str, list[int]]:
    """Fingerprints that are known, with the notice where that still waits to be matched."""
    rows = StatementLine.objects.filter(fingerprint__in=marks).values_list("fingerprint", "notice", "notice__outcome")
    return {mark: [notice] if outcome == NoticeOutcome.RECEIVED else [] for mark, notice, outcome in rows}


def _take_lines(statement: BankStatement, lines: dict[str, Line]) -> list[int]:
    references = _references(lines)
    notices = told_at_once(
        [_notice(line, mark, references[mark]) for mark, line in lines.items()],
        provider=BankTransferGateway.name,
        by=f"statement:{statement.pk}",
    )
    StatementLine.objects.bulk_create(
        StatementLine(
            statement=statement,
            fingerprint=mark,
            booked_on=line.booked_on,
            amount=line.amount,
            currency=line.currency,
            reference=references[mark],
            purpose=line.purpose,
            payer=line.payer,
            payer_iban=line.payer_iban,
            notice=notice,
        )
        for (mark, line), notice in zip(lines.items(), notices, strict=True)
    )
    return [notice.pk for notice in notices]


def _references(lines: dict[str, Line]) -> dict[str, str]:
    """Which of our references each line carries; of several that it might be, one that we gave out."""
    found = {mark: find_references(_words(line)) for mark, line in lines.items()}
    all_found = {reference for references in found.values() for reference in references}
    given = set(BankTransfer.objects.filter(reference__in=all_found).values_list("reference", flat=True))
    return {
        mark: next((reference for reference in references if reference in given), next(iter(references), ""))
        for mark, references in found.items()
    }


def _notice(line: Line, mark: str, reference: str) -> Notice:
    words = _words(line)
    return Notice(
        event_id=f"line:{mark}",
        order_number=order_of(reference) or find_number(words),
        status=PAID,
        amount=line.amount,
        currency=line.currency,
        reference=(reference or words)[:140],
    )


def _words(line: Line) -> str:
    return f"{line.creditor_reference} {line.purpose}".strip()


def _fingerprint(line: Line, seen: Counter[tuple[int, str]]) -> str:
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
    seen[line.statement, digest] += 1
    turn = seen[line.statement, digest]
    return digest if turn == 1 else hashlib.sha256(f"{digest} {turn}".encode()).hexdigest()
