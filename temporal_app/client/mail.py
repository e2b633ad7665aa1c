"""Client function to the outbox."""

from orders.rules import identifiers
from temporal_app import names
from temporal_app.client.calls import accept_timeout, client_function, translated
from temporal_app.connection import get_client


@client_function
async def send_mail() -> None:
    """Have what waits in the outbox sent."""
    with translated():
        temporal = await get_client()
        await temporal.start_workflow(
            names.NOTIFICATION_OUTBOX_WORKFLOW,
            id=identifiers.NOTIFICATION_OUTBOX,
            task_queue=names.ORDERS_QUEUE,
            start_signal=names.WAKE,
            rpc_timeout=accept_timeout(),
        )
