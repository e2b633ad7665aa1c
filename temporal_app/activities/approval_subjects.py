"""What each kind of approval is about: its row, locked; what opening the approval does to it, and what its end does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from orders.models import ApprovalRequest, CompensationFailure, ExpenseRequest, Order, Refund, ReversalDecision
from orders.models.approval import ApprovalKind
from orders.models.notification import MailKind
from orders.rules import actors
from orders.rules.approvals import ApprovalOutcome
from orders.rules.states import ExpenseState
from orders.rules.status import WaitingFor
from temporal_app.activities import credit_adjustments, debit_write_offs, second_person
from temporal_app.activities.outbox import mail
from temporal_app.activities.recording import locked_for_step
from temporal_app.activities.reversals import end_write_off, open_write_off
from temporal_app.messages import ApprovalInput, ApprovalResult


@dataclass(frozen=True)
class Subject:
    """How approvals of one kind meet what they are about.

    :param locked: reads the row, by how workflows name it, and locks it with whatever has to be locked before it
    :param locked_to_open: the same, where opening an approval asks for more
    :param opened: an approval (its row, what it starts with, its deadline) has been written down, in this round for the
        first time
    :param ended: an approval came to its end
    """

    locked: Callable[[str], Any]
    opened: Callable[[ApprovalRequest, ApprovalInput, datetime | None], None]
    ended: Callable[[ApprovalRequest, ApprovalResult], None]
    locked_to_open: Callable[[str], Any] | None = None

    def locked_for_opening(self, subject: str) -> Any:
        """The row of what is to be approved."""
        return (self.locked_to_open or self.locked)(subject)


# Orders


def _order_opened(request: ApprovalRequest, _approval: ApprovalInput, deadline: datetime | None) -> None:
    if request.order is not None:
        request.order.wait_for(WaitingFor.APPROVAL, deadline)


def _order_ended(_request: ApprovalRequest, _result: ApprovalResult) -> None:
    """Its saga goes on by itself."""


# Expenses


def _expense(subject: str) -> ExpenseRequest:
    return ExpenseRequest.objects.select_for_update().get(pk=int(subject))


def _expense_if_any(subject: str) -> ExpenseRequest | None:
    return ExpenseRequest.objects.select_for_update().filter(pk=int(subject)).first()


def _expense_opened(request: ApprovalRequest, _approval: ApprovalInput, _deadline: datetime | None) -> None:
    if request.expense is not None:
        request.expense.move_to(ExpenseState.SUBMITTED, submitted_at=timezone.now())


def _expense_ended(request: ApprovalRequest, result: ApprovalResult) -> None:
    if request.expense is not None:
        approved = result.outcome == ApprovalOutcome.APPROVED
        state = ExpenseState.PROCESSED if approved else ExpenseState.REJECTED
        request.expense.move_to(state, reason=result.reason, decided_at=request.ended_at)
        tell_requester(request, MailKind.EXPENSE_APPROVED if approved else MailKind.EXPENSE_REJECTED)


def tell_requester(request: ApprovalRequest, kind: MailKind) -> None:
    """Mail whoever filed the expense; the customer of an order hears of it by other mails."""
    if request.expense is not None:
        recipient = actors.user(request.expense.requester_id)
        mail(kind, to=recipient, key=f"approval:{request.pk}", expense=request.expense, data={"approval": request.pk})


# Write-offs


def _write_off(subject: str) -> ReversalDecision:
    write_off = ReversalDecision.objects.get(pk=int(subject))
    write_off.failure = CompensationFailure.objects.locked(write_off.failure_id)
    return write_off


def _write_off_opened(request: ApprovalRequest, _approval: ApprovalInput, _deadline: datetime | None) -> None:
    if request.write_off is not None:
        open_write_off(request.write_off)


def _write_off_ended(request: ApprovalRequest, result: ApprovalResult) -> None:
    if request.write_off is not None:
        end_write_off(request.write_off.pk, result)


# Refunds in part


def _refund(subject: str) -> Refund:
    refund = Refund.objects.select_related("order").get(pk=int(subject))
    refund.order = Order.objects.locked(refund.order.number)
    return refund


def _refund_opened(_request: ApprovalRequest, _approval: ApprovalInput, _deadline: datetime | None) -> None:
    """Its workflow has told of it."""


def _refund_ended(_request: ApprovalRequest, _result: ApprovalResult) -> None:
    """Its workflow goes on by itself."""


SUBJECTS: dict[str, Subject] = {
    ApprovalKind.ORDER: Subject(Order.objects.locked, _order_opened, _order_ended, locked_to_open=locked_for_step),
    ApprovalKind.EXPENSE: Subject(_expense_if_any, _expense_opened, _expense_ended, locked_to_open=_expense),
    ApprovalKind.WRITE_OFF: Subject(_write_off, _write_off_opened, _write_off_ended),
    ApprovalKind.REFUND: Subject(_refund, _refund_opened, _refund_ended),
    ApprovalKind.MARK_PAID: Subject(
        second_person.locked_report, second_person.report_asked, second_person.report_ended
    ),
    ApprovalKind.ACCEPT_DIFFERENCE: Subject(
        second_person.locked_decision, second_person.acceptance_asked, second_person.acceptance_ended
    ),
    ApprovalKind.CREDIT_PAYMENT: Subject(
        second_person.locked_decision, second_person.acceptance_asked, second_person.acceptance_ended
    ),
    ApprovalKind.CREDIT: Subject(
        credit_adjustments.locked_adjustment,
        credit_adjustments.adjustment_asked,
        credit_adjustments.adjustment_ended,
    ),
    ApprovalKind.DEBIT_WRITE_OFF: Subject(
        debit_write_offs.locked_write_off, second_person.report_asked, debit_write_offs.write_off_ended
    ),
}
