"""Client functions to refunds in part: what a person has asked for and written down is carried out, once."""

from django.db.models import Q

from orders.models import Refund
from orders.rules import actors, identifiers
from orders.rules.refusals import Refusal
from orders.rules.states import RefundStage
from temporal_app import names
from temporal_app.client.calls import UNLESS_DONE, client_function, start_once
from temporal_app.client.errors import Refused
from temporal_app.client.four_eyes import refuse_own
from temporal_app.client.mirror import wait_until_visible
from temporal_app.workflows.refund import RefundWorkflow


@client_function
async def refund_in_part(refund_id: int, *, by: str = "") -> Refund:
    """Have some of an order's money given back; returns how far that is. Asked again, it is given back once.

    :param by: who asks, where that is not who asked for the refund
    :raises Refused: it cannot be, or was not approved; or it is about an order of their own
    """
    wanted = await Refund.objects.select_related("order").aget(pk=refund_id)
    await refuse_own(wanted.order.number, by or actors.user(wanted.asked_by_id))
    await start_once(
        RefundWorkflow.run,
        refund_id,
        id=identifiers.refund(refund_id),
        task_queue=names.ORDERS_QUEUE,
        id_reuse_policy=UNLESS_DONE,
    )
    waits = Q(approval__isnull=False) | Q(unknown_since__isnull=False)
    over = Q(state__in=[RefundStage.DONE, RefundStage.REFUSED])
    await wait_until_visible(Refund.objects.filter(waits | over, pk=refund_id))
    refund = await Refund.objects.select_related("order").aget(pk=refund_id)
    if refund.state == RefundStage.REFUSED:
        raise Refused(Refusal(refund.result), refund.details)
    return refund
