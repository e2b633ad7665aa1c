"""The client function to the deadline by which an order has to be paid, as staff."""

from datetime import datetime

from orders.rules import identifiers
from temporal_app import messages
from temporal_app.client.calls import Gone, client_function, send_update
from temporal_app.client.errors import StillWorking
from temporal_app.client.mirror import refuse_ended
from temporal_app.workflows.order_saga import OrderSagaWorkflow


@client_function
async def extend_payment_deadline(number: str, *, until: datetime, by: str, request_id: str = "") -> str:
    """Give an order's customer more time to pay; returns until when (ISO 8601).

    :raises Refused: it does not wait for its money, or the shop does not allow it so long
    :raises StillWorking: it is still to be written down
    """
    extension = messages.PaymentExtension(until.timestamp(), by)
    saga = identifiers.order_saga(number)
    try:
        said = await send_update(saga, OrderSagaWorkflow.extend_payment_deadline, extension, request_id=request_id)
    except Gone:
        await refuse_ended(number)
    if said is None:
        raise StillWorking
    return said
