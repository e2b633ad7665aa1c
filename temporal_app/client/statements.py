"""Client functions to account statements that were uploaded, and to refunds that finance makes by bank transfer."""

from orders.models import RefundTask
from orders.rules import identifiers
from orders.rules.refusals import Refusal
from temporal_app import messages, names
from temporal_app.client.calls import UNLESS_DONE, client_function, ended, start_once
from temporal_app.client.errors import Refused, Unavailable
from temporal_app.client.four_eyes import refuse_own
from temporal_app.workflows.refund_task import RefundTaskWorkflow
from temporal_app.workflows.statement_import import StatementImportWorkflow


@client_function
async def import_statement(statement_id: int) -> bool:
    """Have an uploaded statement taken; False where that still goes on, as it does with long ones.

    Asked again, it is taken once.
    """
    workflow_id = identifiers.statement_import(statement_id)
    await start_once(
        StatementImportWorkflow.run,
        messages.StatementImport(statement_id),
        id=workflow_id,
        task_queue=names.PAYMENT_CHECKS_QUEUE,
        id_reuse_policy=UNLESS_DONE,
    )
    return await ended(workflow_id)


@client_function
async def mark_refund_made(task_id: int, *, by: str) -> None:
    """Report that the transfer of a refund has been made.

    :raises Refused: somebody else has reported that before, or it is about an order of their own
    """
    task = await RefundTask.objects.aget(pk=task_id)
    await refuse_own(task.order_number, by)
    workflow_id = identifiers.refund_task(task_id)
    made = messages.RefundMade(task_id, by)
    await start_once(RefundTaskWorkflow.run, made, id=workflow_id, task_queue=names.PAYMENT_CHECKS_QUEUE)
    if not await ended(workflow_id):
        raise Unavailable
    await task.arefresh_from_db()
    if task.done_by != by:
        raise Refused(Refusal.REFUND_MADE_BEFORE, {"who": task.done_by, "when": f"{task.done_at:%Y-%m-%d %H:%M}"})
