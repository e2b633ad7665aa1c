"""Client functions to the look through the shop that a person starts."""

import asyncio
from datetime import timedelta

from temporalio.client import WorkflowFailureError

from orders.rules import identifiers
from temporal_app import messages, names, policies
from temporal_app.client.calls import client_function, start_once
from temporal_app.client.errors import StillWorking
from temporal_app.connection import get_client
from temporal_app.workflows.mirror_check import MirrorCheckWorkflow


@client_function
async def check_mirror(*, by: str, request_id: str, repair: bool = False) -> str:
    """Look through the shop now, and put right what can be derived if it is to; returns the workflow's id.

    :param request_id: the same request sent twice is one check
    """
    workflow_id = identifiers.mirror_check(request_id)
    await start_once(
        MirrorCheckWorkflow.run,
        messages.MirrorCheckInput(by=by, repair=repair),
        id=workflow_id,
        task_queue=names.PAYMENT_CHECKS_QUEUE,
        execution_timeout=policies.MIRROR_CHECK_WITHIN,
    )
    return workflow_id


@client_function
async def mirror_check_ended(workflow_id: str, *, within: timedelta) -> bool:
    """Wait until a check has ended; False where it was broken off.

    :raises StillWorking: it has not ended by then
    """
    client = await get_client()
    try:
        await asyncio.wait_for(client.get_workflow_handle(workflow_id).result(), within.total_seconds())
    except TimeoutError:
        raise StillWorking from None
    except WorkflowFailureError:
        return False
    return True
