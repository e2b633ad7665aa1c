"""Client functions to files of refunds for the bank, and to debits."""

from collections.abc import Sequence

from asgiref.sync import sync_to_async
from temporalio.common import WorkflowIDReusePolicy

from orders.models import BankDebit, RefundBatch
from orders.reconciliation.debit_ways import refunds_meant
from orders.rules import identifiers
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import DebitState, DebitWay
from temporal_app import messages, names
from temporal_app.client.calls import UNLESS_DONE, client_function, ended, start_once
from temporal_app.client.errors import Refused, StillWorking
from temporal_app.client.four_eyes import refuse_own
from temporal_app.workflows.refund_files import DebitSettlementWorkflow, RefundExportWorkflow, RefundWithdrawalWorkflow

AGAIN = WorkflowIDReusePolicy.ALLOW_DUPLICATE  # carried out twice it has the effect of once


@client_function
async def export_refunds(task_ids: Sequence[int], *, by: str) -> int:
    """Have refunds put into a file for the bank; asked again, or by two at once, it is one file.

    :returns: the key of the `RefundBatch` where they are now
    :raises Refused: none of them can stand in a file
    """
    workflow_id = identifiers.refund_export(task_ids)
    export = messages.RefundExport(tuple(sorted(set(task_ids))), by)
    queue = names.PAYMENT_CHECKS_QUEUE
    await start_once(RefundExportWorkflow.run, export, id=workflow_id, task_queue=queue, id_reuse_policy=AGAIN)
    if not await ended(workflow_id):
        raise StillWorking
    found = RefundBatch.objects.filter(tasks__in=export.task_ids, withdrawn_at=None).exclude(file="")
    batch = await found.order_by("-pk").afirst()
    if batch is None:
        raise Refused(Refusal.NOTHING_TO_EXPORT)
    return batch.pk


@client_function
async def withdraw_refunds(batch_id: int, *, by: str) -> None:
    """Report that the bank did not carry out the rest of a file; its refunds can then be put into another one."""
    workflow_id = identifiers.refund_withdrawal(batch_id)
    withdrawal = messages.RefundWithdrawal(batch_id, by)
    queue = names.PAYMENT_CHECKS_QUEUE
    await start_once(RefundWithdrawalWorkflow.run, withdrawal, id=workflow_id, task_queue=queue, id_reuse_policy=AGAIN)
    if not await ended(workflow_id):
        raise StillWorking


@client_function
async def settle_debit(debit_id: int, *, by: str, way: str = "", key: int = 0) -> None:
    """Report that a debit has been dealt with; what is said of it stands in its row.

    :param way: where its money belongs (`DebitWay`); `key` of the refund or the file, where it is one
    :raises Refused: somebody else has reported that before, it does not belong there, or it is about an order of their
        own
    """
    debit = await BankDebit.objects.aget(pk=debit_id)
    await refuse_own(debit.order_number, by)
    await sync_to_async(_check_way)(debit, way, key)
    workflow_id = identifiers.debit_settlement(debit_id)
    settlement = messages.DebitSettlement(debit_id, by, way, key)
    queue = names.PAYMENT_CHECKS_QUEUE
    await start_once(
        DebitSettlementWorkflow.run, settlement, id=workflow_id, task_queue=queue, id_reuse_policy=UNLESS_DONE
    )
    if not await ended(workflow_id):
        raise StillWorking
    await debit.arefresh_from_db()
    if debit.settled_by != by:
        raise Refused(Refusal.DEBIT_SETTLED, {"who": debit.settled_by, "when": f"{debit.settled_at:%Y-%m-%d %H:%M}"})


def _check_way(debit: BankDebit, way: str, key: int) -> None:
    """Refuse here what the activity refuses as well, so that nothing is begun; who settled it before is told later."""
    if debit.state != DebitState.OPEN:
        return
    try:
        refunds_meant(debit, DebitWay(way), key)
    except RuleBroken as broken:
        raise Refused(broken.code, broken.params) from broken
