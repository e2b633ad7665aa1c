"""The client function that has a customer forgotten."""

from orders.models import ErasureRecord
from orders.rules import identifiers
from temporal_app import names
from temporal_app.client.calls import client_function, ended, start_once
from temporal_app.client.errors import StillWorking
from temporal_app.workflows.customer_erasure import CustomerErasureWorkflow


@client_function
async def erase_customer(record_id: int) -> ErasureRecord:
    """Have an erasure carried out that a person has asked for; returns its record, with what stays.

    :raises StillWorking: it was taken, and is not carried out yet
    """
    id = identifiers.erasure(record_id)
    await start_once(CustomerErasureWorkflow.run, record_id, id=id, task_queue=names.ORDERS_QUEUE)
    await ended(id)
    record = await ErasureRecord.objects.aget(pk=record_id)
    if record.done_at is None:
        raise StillWorking
    return record
