"""Files of refunds for the bank: made once, stored, and withdrawn where it did not carry them out; debits settled."""

from django.db import transaction
from django.utils import timezone

from orders.authorization.own_orders import check_not_own
from orders.models import BankDebit, Order, RefundBatch, RefundTask
from orders.payments import books, refund_file
from orders.reconciliation.debit_ways import refunds_meant
from orders.rules.order_events import OrderEvent
from orders.rules.states import DebitState, DebitWay, RefundState
from temporal_app.activities.recording import record_timeline_entry, shop_activity
from temporal_app.messages import DebitSettlement, RefundExport, RefundWithdrawal


@shop_activity(transactions="several")
def export_refunds(export: RefundExport) -> int:
    """Put refunds into a file, and store it; those that stand in one already stay there.

    :returns: the file's key: a new one's, or else the one where they are; 0 where none of them can stand in a file
    """
    with transaction.atomic():
        batch = _batch(export)
    if batch is None:
        return 0
    with transaction.atomic():
        batch = RefundBatch.objects.select_for_update().get(pk=batch.pk)
        if not batch.file:
            batch.store(refund_file.write(batch))
    return batch.pk


def _batch(export: RefundExport) -> RefundBatch | None:
    """The file of these refunds; what is not in one goes into a new one."""
    tasks = list(RefundTask.objects.select_for_update().filter(pk__in=export.task_ids).order_by("pk"))
    free = [task for task in tasks if refund_file.obstacle(task) is None]
    if free:
        batch = RefundBatch.make(free, by=export.by, at=timezone.now())
        refund_file.write(batch)  # where that fails, no refund has come into a file that cannot be
        return batch
    return RefundBatch.objects.filter(tasks__in=tasks, withdrawn_at=None).order_by("-pk").first()


@shop_activity(transactions="one")
def withdraw_refunds(withdrawal: RefundWithdrawal) -> None:
    """The bank did not carry out what is still to be made of a file: free it for another one."""
    batch = RefundBatch.objects.select_for_update().get(pk=withdrawal.batch_id)
    batch.withdraw(by=withdrawal.by, at=timezone.now())


@shop_activity(transactions="one")
def settle_debit(settlement: DebitSettlement) -> None:
    """A person has dealt with a debit; the first word counts, and moves its money where it belongs.

    :raises RuleBroken: it does not belong there, or is about an order of their own
    """
    debit, by, now = BankDebit.objects.get(pk=settlement.debit_id), settlement.by, timezone.now()
    order, way = Order.objects.select_for_update().filter(number=debit.order_number).first(), DebitWay(settlement.way)
    check_not_own(order, by)
    debit = BankDebit.objects.select_for_update().get(pk=debit.pk)
    if debit.state != DebitState.OPEN:
        return
    refunds = refunds_meant(debit, way, settlement.key)
    for task in RefundTask.objects.select_for_update().filter(pk__in=[task.pk for task in refunds]):
        check_not_own(Order.objects.filter(number=task.order_number).first(), by)
        task.move_to(RefundState.DONE, by=by, at=now)
    debit.settle(by=by, at=now, way=way)
    books.debit_settled(debit, way, refunds)
    if way == DebitWay.OWED and order is not None:
        details = {"amount": str(debit.amount)}
        record_timeline_entry(order, OrderEvent.TAKEN_BACK, by=by, key=str(debit.pk), **details)
