"""The client function to orders that were not paid in time and are wanted all the same, as staff."""

from orders.rules import identifiers
from orders.rules.refusals import Refusal
from temporal_app import names
from temporal_app.client.calls import UNLESS_DONE, client_function, ended, start_once
from temporal_app.client.errors import Refused, StillWorking
from temporal_app.connection import get_client
from temporal_app.messages import Reopening
from temporal_app.workflows.order_reopening import OrderReopeningWorkflow


@client_function
async def reopen_order(number: str, *, seen: str, by: str, request_id: str) -> str:
    """Place an order that was not paid in time anew; returns the new order's number. The same request does so once.

    :param seen: the fingerprint of what it costs today, as a person saw it
    :raises Refused: it cannot be, or was before
    :raises StillWorking: nobody has said yet
    """
    id = identifiers.order_reopening(number, request_id)
    start = Reopening(number, seen, by, request_id)
    await start_once(
        OrderReopeningWorkflow.run, start, id=id, task_queue=names.ORDERS_QUEUE, id_reuse_policy=UNLESS_DONE
    )
    if not await ended(id):
        raise StillWorking
    client = await get_client()
    reopened = await client.get_workflow_handle_for(OrderReopeningWorkflow.run, id).result()
    if reopened.refusal:
        raise Refused(Refusal(reopened.refusal), reopened.details)
    return reopened.number
