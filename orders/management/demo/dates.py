"""When things happened in the demo: what was done just now is dated back to the day of its story.

Only times of what has happened are changed. Times at which something will happen were right from the start: the
workflows were told how much of each wait is left.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Model, Q, QuerySet

from orders.models import (
    ApprovalDecision,
    ApprovalPolicy,
    ApprovalRequest,
    BankStatement,
    BankTransfer,
    BankTransferOperation,
    Cart,
    CompensationFailure,
    ContactDetails,
    ExpenseRequest,
    JournalEntry,
    Notification,
    Order,
    Payment,
    PaymentEvent,
    Refund,
    RefundTask,
    SandboxOperation,
    SandboxPayment,
    Shipment,
    TimelineEntry,
)
from orders.models.approval import ApprovalKind

AFTER_THAT = timedelta(seconds=1)
NOW_ENOUGH = timedelta(minutes=15)  # nobody minds whether something happened now or a quarter of an hour ago
Dated = tuple[QuerySet[Any], tuple[str, ...]]  # rows, and their columns with times


@dataclass(frozen=True)
class Dating:
    """The dates of one order, of which all that is right is not later than `since`: there its story ends."""

    order: Order
    since: datetime

    def date_back(self, *, to: datetime) -> None:
        """What has just happened to the order happened then."""
        date_back(of_order(self.order), to=to, since=self.since)


def date_back(rows: Iterable[Dated], *, to: datetime, since: datetime | None = None) -> None:
    """Have everything in these rows that happened later than `since` (or `to`) happen at `to`, one after the other."""
    since = (since or to) + NOW_ENOUGH
    with transaction.atomic():
        found = [
            (some.model, pk, dict(zip(columns, times, strict=True)))
            for some, columns in rows
            for pk, *times in some.values_list("pk", *columns)
        ]
        known = [at for _model, _pk, times in found for at in times.values() if at]
        late, right = [at for at in known if at > since], [at for at in known if at <= since]
        begin = max([to, *(at + AFTER_THAT for at in right)])
        for model, pk, times in found:
            then = {name: begin + min(at - min(late), NOW_ENOUGH / 2) for name, at in times.items() if at in late}
            if then:
                _set(model, pk, then)


def _set(model: type[Model], pk: int | str, times: dict[str, datetime]) -> None:
    """Set the times of a row. An entry of the journal, which cannot be changed, is written anew; where not even that
    can be done, which is anywhere but on SQLite, it goes on saying when it was really written."""
    if model is not JournalEntry:
        model._default_manager.filter(pk=pk).update(**times)
    elif connection.vendor == "sqlite":
        entry = JournalEntry.objects.get(pk=pk)
        QuerySet(JournalEntry).filter(pk=pk)._raw_delete(connection.alias)
        entry.at = times["at"]
        entry.save_base(raw=True, force_insert=True)


def of_order(order: Order) -> list[Dated]:
    """Everything about an order that says when something happened."""
    payments, approvals = Payment.objects.filter(order=order), ApprovalRequest.objects.filter(_about(order))
    events = PaymentEvent.objects.filter(order_number=order.number)
    refunds, failures = Refund.objects.filter(order=order), CompensationFailure.objects.filter(order=order)
    tasks = RefundTask.objects.filter(order_number=order.number)
    causes = [f"payment-{pk}" for pk in payments.values_list("pk", flat=True)]
    causes += [f"payment_event-{pk}" for pk in events.values_list("pk", flat=True)]
    causes += [f"refund-{pk}" for pk in refunds.values_list("pk", flat=True)]
    causes += [f"refund_task-{pk}" for pk in tasks.values_list("pk", flat=True)]
    theirs = {"order_number": order.number}
    asked = {"payment__order_number": order.number}
    return [
        (Order.objects.filter(pk=order.pk), ("placed_at", "undo_started_at", "ended_at")),
        (TimelineEntry.objects.filter(order=order), ("at",)),
        (JournalEntry.objects.filter(cause__in=causes), ("at",)),
        (payments, ("changed_at",)),
        (events, ("received_at",)),
        (approvals, ("requested_at", "ended_at")),
        (ApprovalDecision.objects.filter(request__in=approvals), ("at",)),
        (Shipment.objects.filter(order=order), ("scheduled_at", "shipped_at", "delivered_at")),
        (refunds, ("asked_at", "ended_at")),
        (tasks, ("asked_at", "done_at")),
        (failures, ("happened_at", "settled_at")),
        (SandboxPayment.objects.filter(**theirs), ("created_at",)),
        (SandboxOperation.objects.filter(**asked), ("at",)),
        (BankTransfer.objects.filter(**theirs), ("created_at",)),
        (BankTransferOperation.objects.filter(**asked), ("at",)),
        (Cart.objects.filter(cart_id=order.cart_id), ("changed_at",)),
        (ContactDetails.objects.filter(cart_id=order.cart_id), ("changed_at",)),
        (BankStatement.objects.filter(name__startswith=f"{order.cart_id}."), ("uploaded_at", "imported_at")),
        # one that is being sent now is the outbox's
        (Notification.objects.filter(order=order, sent_at__isnull=False), ("written_at", "due_at", "sent_at")),
    ]


def _about(order: Order) -> Q:
    return Q(order=order) | Q(refund__order=order)


def of_expense(expense: ExpenseRequest) -> list[Dated]:
    """Everything about an expense that says when something happened."""
    return [
        (ExpenseRequest.objects.filter(pk=expense.pk), ("created_at", "submitted_at", "decided_at")),
        (ApprovalRequest.objects.filter(expense=expense), ("requested_at", "ended_at")),
        (Notification.objects.filter(expense=expense, sent_at__isnull=False), ("written_at", "due_at", "sent_at")),
    ]


def of_event(event_id: str, *, statement: str = "") -> list[Dated]:
    """Everything about a payment of no order, and the statement that it came with."""
    events = PaymentEvent.objects.filter(Q(event_id=event_id) | Q(statement_line__statement__name=statement))
    causes = [f"payment_event-{pk}" for pk in events.values_list("pk", flat=True)]
    return [
        (events, ("received_at",)),
        (JournalEntry.objects.filter(cause__in=causes), ("at",)),
        (BankStatement.objects.filter(name=statement), ("uploaded_at", "imported_at")),
    ]


def date_deadlines(order: Order) -> None:
    """An approval that is over was to be given by when its policy said."""
    policy = ApprovalPolicy.objects.filter(kind=ApprovalKind.ORDER).order_by("from_amount").last()
    if policy is not None:
        allowed = timedelta(seconds=policy.deadline_seconds)
        over = ApprovalRequest.objects.filter(order=order, ended_at__isnull=False)
        over.update(deadline=F("requested_at") + allowed)
