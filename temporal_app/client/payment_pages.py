"""The client function to the payment provider's own page."""

import asyncio
from decimal import Decimal

from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from orders.models import StripeSession
from orders.rules import identifiers
from orders.rules.refusals import Refusal
from temporal_app import messages, names
from temporal_app.client.calls import accept_timeout, client_function
from temporal_app.client.customers import CARD_TAKES_AT_MOST
from temporal_app.client.errors import Refused, StillWorking
from temporal_app.connection import get_client
from temporal_app.workflows.payment_page import PaymentPageWorkflow


@client_function
async def open_payment_page(number: str, *, amount: Decimal) -> str:
    """Have the provider's page opened for an order's payment; returns its address. Two clicks open one page.

    :param amount: what the customer saw
    :raises Refused: the order does not wait for this payment, or it has been paid on the page already
    :raises StillWorking: the provider has not answered yet
    """
    client = await get_client()
    workflow = await client.start_workflow(
        PaymentPageWorkflow.run,
        messages.PageRequest(number, amount),
        id=identifiers.payment_page(number),
        task_queue=names.ORDERS_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        rpc_timeout=accept_timeout(),
    )
    try:
        opened = await asyncio.wait_for(workflow.result(), CARD_TAKES_AT_MOST.total_seconds())
    except TimeoutError:
        raise StillWorking from None
    if opened.refused:
        raise Refused(Refusal(opened.refused), opened.details)
    row = await StripeSession.objects.aget(session=opened.session, order_number=number)
    return row.url
