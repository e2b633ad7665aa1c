"""Client functions about reservations that nobody has paid."""

import asyncio
from collections.abc import Sequence

from orders.rules import identifiers
from orders.rules.order_events import SUSPICIOUS
from temporal_app import messages
from temporal_app.client.calls import Gone, accept_timeout, client_function, translated
from temporal_app.connection import get_client
from temporal_app.workflows.order_saga import OrderSagaWorkflow


@client_function
async def release_reservations(numbers: Sequence[str], *, by: str) -> int:
    """Have all these orders cancelled, each for itself; returns how many were told, which have not ended so far."""
    client = await get_client()
    request = messages.CancelRequest(SUSPICIOUS, by)

    async def cancel(number: str) -> bool:
        saga = client.get_workflow_handle_for(OrderSagaWorkflow.run, identifiers.order_saga(number))
        try:
            with translated():
                await saga.signal(OrderSagaWorkflow.cancel_order, request, rpc_timeout=accept_timeout())
        except Gone:
            return False
        return True

    return sum(await asyncio.gather(*map(cancel, numbers)))
