"""The door to payments that did not match."""

from orders.models import ExceptionDecision
from orders.models.exceptions import ExceptionState
from orders.rules.refusals import Refusal
from temporal_app import names
from temporal_app.calling import door, ended, start_once
from temporal_app.client.asking import UNLESS_DONE
from temporal_app.refusals import Refused
from temporal_app.workflows.payment_exception import PaymentExceptionWorkflow


@door
async def settle_exception(decision_id: int) -> ExceptionDecision:
    """Have carried out what a person decided about a payment and wrote down; answers how far that is.

    Asked again, it is carried out once.

    :raises Refused: it could not be done; the payment is where it was
    """
    workflow_id = names.payment_exception(decision_id)
    await start_once(
        PaymentExceptionWorkflow.run,
        decision_id,
        id=workflow_id,
        task_queue=names.ORDERS_QUEUE,
        id_reuse_policy=UNLESS_DONE,
    )
    await ended(workflow_id)
    decision = await ExceptionDecision.objects.aget(pk=decision_id)
    if decision.state == ExceptionState.REFUSED:
        raise Refused(Refusal(decision.result), decision.details)
    return decision
