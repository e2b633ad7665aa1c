"""Doors for machines that report, and for the shop itself."""

from orders.models import PaymentNotice
from temporal_app import names
from temporal_app.calling import HEARD_WITHIN, door, ended, start_once
from temporal_app.client.asking import UNLESS_DONE
from temporal_app.connection import get_client
from temporal_app.workflows.notification_outbox import NotificationOutboxWorkflow
from temporal_app.workflows.payment_intake import PaymentIntakeWorkflow


@door
async def take_notice(notice_id: int) -> None:
    """Have a stored payment notice matched with its order; asked again, it is matched once."""
    await _match(notice_id)


@door
async def report_payment(notice_id: int) -> PaymentNotice:
    """Have a payment matched that a person has reported; answers the notice, with what has become of it by now."""
    await ended(await _match(notice_id))
    return await PaymentNotice.objects.aget(pk=notice_id)


async def _match(notice_id: int) -> str:
    workflow_id = names.payment_intake(notice_id)
    await start_once(
        PaymentIntakeWorkflow.run,
        notice_id,
        id=workflow_id,
        task_queue=names.ORDERS_QUEUE,
        id_reuse_policy=UNLESS_DONE,
    )
    return workflow_id


@door
async def ring_outbox() -> None:
    """Have the mail sent that waits in the outbox."""
    client = await get_client()
    await client.start_workflow(
        NotificationOutboxWorkflow.run,
        id=names.NOTIFICATION_OUTBOX,
        task_queue=names.ORDERS_QUEUE,
        start_signal="ring",
        rpc_timeout=HEARD_WITHIN,
    )
