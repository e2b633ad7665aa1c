"""Account statements: their payments written down, then matched; and refunds that people make by hand."""

import logging

from django.db.models import Q
from django.utils import timezone
from temporalio import activity

from orders.authorization.own_orders import check_not_own
from orders.models import BankStatement, Order, PaymentEvent, RefundTask, StatementLine
from orders.payments import books
from orders.reconciliation.statements import import_file, refuse_missing
from orders.rules import actors
from orders.rules.states import PaymentEventOutcome, RefundState
from temporal_app.activities.payment_events import match_and_record, paid_with
from temporal_app.activities.recording import shop_activity
from temporal_app.messages import LinesPage, MatchedLines, RefundMade

log = logging.getLogger(__name__)


@shop_activity(transactions="several")
def take_statement(statement_id: int) -> bool:
    """Write down every payment in an uploaded file, once, 500 a transaction; or refuse the file, with the reason.

    :returns: whether the file is missing, here and now; then nothing has been decided
    """
    statement = BankStatement.objects.get(pk=statement_id)
    try:
        import_file(statement, at=timezone.now(), alive=activity.heartbeat)
    except FileNotFoundError:
        log.warning("the file of bank statement %s is not in the storage of uploads", statement_id)
        return True
    return False


@shop_activity(transactions="one")
def refuse_statement(statement_id: int) -> None:
    """Refuse a statement whose file is missing."""
    refuse_missing(BankStatement.objects.get(pk=statement_id), at=timezone.now())


@shop_activity(transactions="one")
def match_lines(page: LinesPage) -> MatchedLines:
    """Match a statement's next payments with their orders; those that do not match go to a person.

    Payments that were written down for another statement, whose matching never came to them, are matched as well.
    """
    left_over = PaymentEvent.objects.filter(
        reported_by__startswith=actors.STATEMENT, outcome=PaymentEventOutcome.RECEIVED
    )
    lines = StatementLine.objects.filter(
        Q(statement_id=page.statement_id) | Q(payment_event__in=left_over), pk__gt=page.after
    ).order_by("pk")[: page.size]
    paid = []
    for line in lines:
        payment_event = PaymentEvent.objects.select_for_update().get(statement_line=line)
        if match_and_record(payment_event) == PaymentEventOutcome.MATCHED and (order := paid_with(payment_event)):
            paid.append(order)
    return MatchedLines(
        checked=len(lines), after=max((line.pk for line in lines), default=page.after), paid=tuple(paid)
    )


@shop_activity(transactions="one")
def record_refund_made(made: RefundMade) -> None:
    """Write down who made the transfer of a refund, and when; the first word counts.

    :raises RuleBroken: it is about an order of their own
    """
    task = RefundTask.objects.select_for_update().get(pk=made.task_id)
    check_not_own(Order.objects.filter(number=task.order_number).first(), made.by)
    task.move_to(RefundState.DONE, by=made.by, at=timezone.now())
    books.refund_made(task)
