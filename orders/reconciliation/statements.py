"""Taking account statements: every payment in them once, whatever file it comes in and however often."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from orders.models.bank_transfer import BankTransfer
from orders.models.statements import BankStatement, StatementLine
from orders.payments.bank_transfer import BankTransferGateway
from orders.payments.references import find_number, find_references, order_of
from orders.payments.reports import PAID, PaymentReport
from orders.reconciliation.camt import Item, Line, Problem, Unreadable, read
from orders.reconciliation.matching import record_events
from orders.rules import actors
from orders.rules.states import StatementState

AT_ONCE = 500
LARGEST_FILE = 300 * 2**20  # bytes; 100,000 payments take about 150 MB
MOST_PROBLEMS = 200  # more than that nobody reads


@dataclass
class Tally:
    """What came of a part of a file."""

    lines: int = 0
    left_out: int = 0
    problems: list[list[object]] = field(default_factory=list)


def import_file(statement: BankStatement, *, at: datetime, alive: Callable[[], object] = lambda: None) -> None:
    """Write down all payments of a file, 500 a transaction, and what came of it; those written before stay as they are.

    A file that cannot be read, or was cut off, is refused as a whole. Doing it again changes nothing.

    :param at: now
    :param alive: called now and then, so that somebody sees that the work goes on
    :raises FileNotFoundError: the file is not in the storage of uploads
    """
    if statement.state != StatementState.UPLOADED:
        return
    total = Tally()
    try:
        _check(statement, alive)
        for tally in _take(statement):
            total.lines += tally.lines
            total.left_out += tally.left_out
            total.problems += tally.problems
            alive()
    except Unreadable as malformed:
        statement.move_to(StatementState.REFUSED, at=at, problems=[["", malformed.reason, malformed.params]])
        return
    credits = statement.lines.count()
    statement.move_to(
        StatementState.IMPORTED,
        at=at,
        credits=credits,
        repeated=total.lines - credits,
        left_out=total.left_out,
        problems=total.problems[:MOST_PROBLEMS],
    )


def refuse_missing(statement: BankStatement, *, at: datetime) -> None:
    """The file of an upload is missing: what was written down of it stays, and it can be uploaded again."""
    missing = gettext_noop(
        "The uploaded file cannot be found any more. Web and workers may not share their storage of uploads; "
        "please tell operations, and upload it again after that."
    )
    if statement.state == StatementState.UPLOADED:
        statement.move_to(StatementState.REFUSED, at=at, problems=[["", missing, {}]])


def _check(statement: BankStatement, alive: Callable[[], object]) -> None:
    if statement.file.size > LARGEST_FILE:
        raise Unreadable(gettext_noop("The file is larger than %(size)s MB."), size=LARGEST_FILE // 2**20)
    with statement.file.open("rb") as file:
        for number, _item in enumerate(read(file)):
            if number % AT_ONCE == 0:
                alive()


def _take(statement: BankStatement) -> Iterator[Tally]:
    seen: Counter[tuple[int, str]] = Counter()
    with statement.file.open("rb") as file:
        items = read(file)
        while page := list(islice(items, AT_ONCE)):
            marked = [(item, _fingerprint(item, seen) if isinstance(item, Line) else "") for item in page]
            with transaction.atomic():
                tally = _take_page(statement, marked)
            yield tally


def _take_page(statement: BankStatement, page: list[tuple[Item, str]]) -> Tally:
    tally = Tally()
    lines: dict[str, Line] = {}
    for item, mark in page:
        if isinstance(item, Problem):
            tally.problems.append([item.where, item.reason, item.params])
        elif not isinstance(item, Line):
            tally.left_out += 1
        elif item.account != settings.BANK_IBAN:
            tally.problems.append(_other_account(item))
        else:
            tally.lines += 1
            lines[mark] = item
    known = set(StatementLine.objects.filter(fingerprint__in=lines).values_list("fingerprint", flat=True))
    _take_lines(statement, {mark: line for mark, line in lines.items() if mark not in known})
    return tally


def _other_account(line: Line) -> list[object]:
    where = f"{line.booked_on}, {line.amount} {line.currency}"
    return [where, gettext_noop("It is of another account: %(account)s."), {"account": line.account or "?"}]


def _take_lines(statement: BankStatement, lines: dict[str, Line]) -> None:
    references = _references(lines)
    payment_events = record_events(
        [_report(line, mark, references[mark]) for mark, line in lines.items()],
        provider=BankTransferGateway.name,
        by=actors.statement(statement.pk),
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
            payment_event=payment_event,
        )
        for (mark, line), payment_event in zip(lines.items(), payment_events, strict=True)
    )


def _references(lines: dict[str, Line]) -> dict[str, str]:
    """Which of our references each line carries; of several that it might be, one that we gave out."""
    found = {mark: find_references(_words(line)) for mark, line in lines.items()}
    all_found = {reference for references in found.values() for reference in references}
    given = set(BankTransfer.objects.filter(reference__in=all_found).values_list("reference", flat=True))
    return {
        mark: next((reference for reference in references if reference in given), next(iter(references), ""))
        for mark, references in found.items()
    }


def _report(line: Line, mark: str, reference: str) -> PaymentReport:
    words = _words(line)
    return PaymentReport(
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
