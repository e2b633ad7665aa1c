"""The client function to payments that did not match."""

from django.db.models import Q

from orders.models import Resolution
from orders.rules import identifiers
from orders.rules.refusals import Refusal
from orders.rules.states import ResolutionState
from temporal_app import names
from temporal_app.client.calls import UNLESS_DONE, client_function, ended, start_once
from temporal_app.client.errors import Refused
from temporal_app.client.machines import weighed
from temporal_app.client.mirror import wait_until_visible
from temporal_app.workflows.payment_resolution import PaymentResolutionWorkflow


@client_function
async def resolve_payment(decision_id: int) -> Resolution:
    """Have carried out what a person decided about a payment and wrote down; returns how far that is.

    Asked again, it is carried out once. What needs a second person's approval stays requested until that is given.

    :raises Refused: it could not be done, or is for an order of who decided; the payment is where it was, or its order
        is being undone
    :raises StillWorking: it is assigned to an order, which has not taken it yet
    """
    workflow_id = identifiers.payment_resolution(decision_id)
    await start_once(
        PaymentResolutionWorkflow.run,
        decision_id,
        id=workflow_id,
        task_queue=names.ORDERS_QUEUE,
        id_reuse_policy=UNLESS_DONE,
    )
    if await ended(workflow_id):
        asked_or_done = ~Q(state=ResolutionState.REQUESTED) | Q(approval__isnull=False)
        await wait_until_visible(Resolution.objects.filter(asked_or_done, pk=decision_id))
    decision = await Resolution.objects.select_related("payment_event", "approval").aget(pk=decision_id)
    if decision.state == ResolutionState.REFUSED:
        raise Refused(Refusal(decision.result), decision.details)
    if decision.state == ResolutionState.DONE:
        await weighed(decision.payment_event)
        async for share in decision.payment_event.shares.order_by("pk"):
            await weighed(share)
    return decision
