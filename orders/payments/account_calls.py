"""Asking a customer's account, which begins with the first entry. By name: who pays knows no workflows."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

from temporalio.client import WithStartWorkflowOperation, WorkflowUpdateHandle, WorkflowUpdateStage
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from orders.rules import identifiers
from temporal_app import names
from temporal_app.connection import get_client
from temporal_app.messages import AccountEntry


async def send_entry(
    customer_id: int, update: Literal["deposit", "withdraw"], entry: AccountEntry, *, id: str, within: timedelta
) -> WorkflowUpdateHandle[Decimal]:
    """Have the account of a customer take an entry, once for each `id`; answered with the balance once it is made.

    :param within: how long to wait until it is accepted
    :raises WorkflowUpdateFailedError: a rule refuses it
    :raises NotConnected, RPCError: the server does not answer, or is busy
    """
    client = await get_client()
    start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
        names.CUSTOMER_ACCOUNT_WORKFLOW,
        customer_id,
        id=identifiers.account(customer_id),
        task_queue=names.ORDERS_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
    )
    try:
        return await client.start_update_with_start_workflow(
            update,
            entry,
            start_workflow_operation=start,
            id=id,
            wait_for_stage=WorkflowUpdateStage.ACCEPTED,
            result_type=Decimal,
            rpc_timeout=within,
        )
    finally:  # how the start went is looked at, or asyncio reports an error that nobody saw
        await asyncio.gather(start.workflow_handle(), return_exceptions=True)


async def make_entry(
    customer_id: int, update: Literal["deposit", "withdraw"], entry: AccountEntry, *, id: str, within: timedelta
) -> Decimal:
    """Have an entry made, and wait for the balance that it leaves; errors as with `send_entry`.

    :raises TimeoutError: that takes longer than `within`; asked again under the same `id`, it is made once
    """
    handle = await send_entry(customer_id, update, entry, id=id, within=within)
    return await asyncio.wait_for(handle.result(), within.total_seconds())
