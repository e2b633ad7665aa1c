"""Taking account statements: every payment in them once, whatever file it comes in and however often."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.utils.translation import gettext_noop

from orders.models.bank_transfer import BankTransfer
from orders.models.refund_task import RefundTask
from orders.models.statements import BankStatement, StatementLine
from orders.payments.bank_transfer import BankTransferGateway
from orders.payments.references import find_number, find_references, order_of
from orders.payments.reports import PAID, RETURNED, PaymentReport
from orders.reconciliation.accounts import all_ours, ours
from orders.reconciliation.debits import booked
from orders.reconciliation.debits import take as take_debits
from orders.reconciliation.entries import Item, Line, Problem, Unreadable
from orders.reconciliation.formats import read
from orders.reconciliation.known import Seen, new_ones
from orders.reconciliation.matching import record_events
from orders.rules import actors, identifiers
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
    foreign: Counter[str] = field(default_factory=Counter)  # entries of accounts that are not ours


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
        for tally in _take(statement, at):
            total.lines += tally.lines
            total.left_out += tally.left_out
            total.problems += tally.problems
            total.foreign += tally.foreign
            alive()
    except Unreadable as malformed:
        statement.move_to(StatementState.REFUSED, at=at, problems=[["", malformed.reason, malformed.params]])
        return
    credits = statement.lines.count()
    statement.move_to(
        StatementState.IMPORTED,
        at=at,
        credits=credits,
        debits=statement.taken.count(),
        repeated=total.lines - credits,
        left_out=total.left_out,
        problems=(_foreign(total.foreign) + total.problems)[:MOST_PROBLEMS],
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
    """Refuse a file that cannot be read to its end, or in which nothing is of an account of ours."""
    if statement.file.size > LARGEST_FILE:
        raise Unreadable(gettext_noop("The file is larger than %(size)s MB."), size=LARGEST_FILE // 2**20)
    others: set[str] = set()
    has_ours = False
    with statement.file.open("rb") as file:
        for number, item in enumerate(read(file)):
            if isinstance(item, Line) and not has_ours:
                has_ours = bool(ours(item.account))
                others.add(item.account or "?")
            if number % AT_ONCE == 0:
                alive()
    if others and not has_ours:
        reason = gettext_noop("The file is of another account (%(others)s), not of ours (%(ours)s); nothing was taken.")
        raise Unreadable(reason, others=", ".join(sorted(others)[:5]), ours=", ".join(all_ours()))


def _take(statement: BankStatement, at: datetime) -> Iterator[Tally]:
    seen = Seen()
    with statement.file.open("rb") as file:
        items = read(file)
        while page := list(islice(items, AT_ONCE)):
            with transaction.atomic():
                list(BankStatement.objects.select_for_update().order_by("pk")[:1])  # two files at once may overlap
                tally = _take_page(statement, page, seen, at)
            yield tally


def _take_page(statement: BankStatement, page: list[Item], seen: Seen, at: datetime) -> Tally:
    tally = Tally()
    credits: dict[str, Line] = {}
    debits: dict[str, Line] = {}
    for item in page:
        if isinstance(item, Problem):
            tally.problems.append([item.where, item.reason, item.params])
        elif not isinstance(item, Line):
            tally.left_out += 1
        elif not (account := ours(item.account)):
            tally.foreign[item.account or "?"] += 1
        else:
            line = replace(item, account=account)
            (debits if line.is_debit else credits)[seen.mark(line)] = line
    tally.lines = len(credits)
    _take_lines(statement, new_ones(statement, credits, seen))
    new_debits = new_ones(statement, debits, seen)
    tally.left_out += len(new_debits) - take_debits(statement, new_debits, at=at)
    return tally


def _foreign(accounts: Counter[str]) -> list[list[object]]:
    """What stands in a file of other accounts than ours, one sentence for each."""
    reason = gettext_noop("%(count)s entries are of another account: %(account)s.")
    return [["", reason, {"account": account, "count": str(count)}] for account, count in sorted(accounts.items())]


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
            **booked(line, mark),
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
    found = {mark: find_references(line.words) for mark, line in lines.items()}
    all_found = {reference for references in found.values() for reference in references}
    given = set(BankTransfer.objects.filter(reference__in=all_found).values_list("reference", flat=True))
    return {
        mark: next((reference for reference in references if reference in given), next(iter(references), ""))
        for mark, references in found.items()
    }


def _report(line: Line, mark: str, reference: str) -> PaymentReport:
    came_back = _came_back(line) if line.returned else None
    return PaymentReport(
        event_id=f"line:{mark}",
        order_number=came_back.order_number if came_back else order_of(reference) or find_number(line.words),
        status=RETURNED if line.returned else PAID,
        amount=line.amount,
        currency=line.currency,
        reference=(came_back.end_to_end_id if came_back else reference or line.words)[:140],
    )


def _came_back(line: Line) -> RefundTask | None:
    """The refund whose transfer came back."""
    task_id = identifiers.refund_of(line.end_to_end)
    return RefundTask.objects.filter(pk=task_id).first() if task_id is not None else None
