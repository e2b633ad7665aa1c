"""What went out of our account: the debit of a refund closes it; money taken back goes before people; the rest is not
the shop's business."""

from datetime import datetime

from django.db.models import Count, Sum

from orders.models import BankDebit, BankStatement, RefundTask
from orders.payments import books
from orders.payments.references import find_number, find_references, order_of
from orders.reconciliation.entries import Line
from orders.rules import actors, identifiers
from orders.rules.states import DebitKind, DebitState, RefundState


def take(statement: BankStatement, debits: dict[str, Line], *, at: datetime) -> int:
    """Write down the debits, by mark, that concern the shop, with what each does to the books; returns how many.

    Call it in a transaction. None of them has been written down before.
    """
    by = actors.statement(statement.pk)
    taken = 0
    for mark, line in debits.items():
        task = _refund_of(line)
        kind = _kind(line, task)
        if kind is None:
            continue
        taken += 1
        debit = _write(statement, mark, line, kind, task)
        if kind == DebitKind.REFUND and task is not None:
            debit.settle(by=by, at=at)
            task.move_to(RefundState.DONE, by=by, at=at)
            books.refund_made(task)
        else:
            books.taken_back(debit)
    return taken


def _refund_of(line: Line) -> RefundTask | None:
    """The refund, locked, that a debit is of: by the name of its transfer, or where finance made that by hand, by
    order, payee's IBAN and amount together."""
    tasks = RefundTask.objects.select_for_update()
    task_id = identifiers.refund_of(line.end_to_end)
    if task_id is not None:
        return tasks.filter(pk=task_id).first()
    number = _order(line)
    if not number or not line.payer_iban or line.returned:
        return None
    alike = tasks.filter(order_number=number, iban=line.payer_iban, amount=line.amount, currency=line.currency)
    return alike.exclude(debits__kind=DebitKind.REFUND).order_by("pk").first()


def _kind(line: Line, task: RefundTask | None) -> DebitKind | None:
    """What a debit is to the shop; None where it is nothing to it."""
    named = identifiers.refund_of(line.end_to_end) is not None
    if line.returned or (task is None and not named):
        if line.returned or _order(line):
            return DebitKind.TAKEN_BACK
        return DebitKind.COLLECTIVE if _is_a_file(line) else None
    if task is None:
        return DebitKind.UNKNOWN_REFUND
    if (task.amount, task.currency) != (line.amount, line.currency):
        return DebitKind.OTHER_AMOUNT
    paid = BankDebit.objects.filter(refund_task=task, kind=DebitKind.REFUND).exists()
    return DebitKind.PAID_TWICE if paid else DebitKind.REFUND


def _is_a_file(line: Line) -> bool:
    """Whether a debit without any name comes to what is still to be made of a file of refunds."""
    files = RefundTask.objects.filter(state=RefundState.OPEN, currency=line.currency).exclude(batch=None)
    sums = files.order_by().values("batch").annotate(all=Sum("amount"), count=Count("pk"))
    return any(one["count"] > 1 and one["all"] == line.amount for one in sums)


def _order(line: Line) -> str:
    """The number of the order that is named; empty where there is none."""
    reference = next(iter(find_references(line.words)), "")
    return order_of(reference) or find_number(line.words)


def _write(statement: BankStatement, mark: str, line: Line, kind: DebitKind, task: RefundTask | None) -> BankDebit:
    return BankDebit.objects.create(
        statement=statement,
        **booked(line, mark),
        purpose=line.words[:500],
        payee=line.payer,
        payee_iban=line.payer_iban,
        kind=kind,
        order_number=task.order_number if task else _order(line),
        refund_task=task,
        state=DebitState.OPEN,
    )


def booked(line: Line, mark: str) -> dict[str, object]:
    """The columns of `BookedEntry`."""
    return {
        "fingerprint": mark,
        "booked_on": line.booked_on,
        "amount": line.amount,
        "currency": line.currency,
        "account": line.account,
        "source": line.source,
        "position": line.entry,
        "entry_reference": line.entry_reference[:60],
        "entry_total": line.entry_total,
        "end_to_end": line.end_to_end[:60],
    }
