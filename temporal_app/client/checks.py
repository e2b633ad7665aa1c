"""Client functions to the payment checks that a person starts."""

from uuid import uuid4

from orders.rules import identifiers
from temporal_app import messages, names, policies
from temporal_app.client.calls import accept_timeout, client_function, start_once
from temporal_app.connection import get_client
from temporal_app.workflows.batch_payment_check import BatchPaymentCheckWorkflow
from temporal_app.workflows.hybrid_payment_check import HybridPaymentCheckWorkflow
from temporal_app.workflows.order_payment_monitor import OrderPaymentMonitorWorkflow
from temporal_app.workflows.payment_check_coordinator import PaymentCheckCoordinator


@client_function
async def check_all_payments(*, by: str, request_id: str = "") -> str:
    """Check every order that waits for its money, now; returns the workflow's id, the same for the same request."""
    workflow_id = identifiers.payment_batch(request_id or uuid4().hex)
    await start_once(
        BatchPaymentCheckWorkflow.run,
        messages.BatchInput(by=by),
        id=workflow_id,
        task_queue=names.PAYMENT_CHECKS_QUEUE,
        execution_timeout=policies.LONGEST_CHECK,
    )
    return workflow_id


@client_function
async def monitor_payment(number: str, *, by: str) -> str:
    """Watch one order's payment for up to 14 days; returns the id of the check that does, the same while it is watched:
    the monitor's own, or that of the coordinator whose monitor it is."""
    workflow_id = identifiers.payment_monitor(number)
    if await start_once(
        OrderPaymentMonitorWorkflow.run,
        number,
        by,
        id=workflow_id,
        task_queue=names.PAYMENT_CHECKS_QUEUE,
    ):
        return workflow_id
    client = await get_client()
    watching = await client.get_workflow_handle(workflow_id).describe(rpc_timeout=accept_timeout())
    return watching.parent_id or workflow_id


@client_function
async def coordinate_payment_checks(numbers: list[str], *, by: str, request_id: str = "") -> str:
    """Watch the payments of chosen orders, each in a workflow of its own; returns the coordinator's id, the same for
    the same request."""
    workflow_id = identifiers.payment_coordinator(request_id or uuid4().hex)
    await start_once(PaymentCheckCoordinator.run, numbers, by, id=workflow_id, task_queue=names.PAYMENT_CHECKS_QUEUE)
    return workflow_id


@client_function
async def check_payments_now(numbers: list[str], *, by: str, request_id: str = "") -> str:
    """Check chosen orders in one batch, and see the paid ones off; returns the workflow's id, the same for the same
    request."""
    workflow_id = identifiers.payment_hybrid(request_id or uuid4().hex)
    await start_once(
        HybridPaymentCheckWorkflow.run,
        numbers,
        by,
        id=workflow_id,
        task_queue=names.PAYMENT_CHECKS_QUEUE,
        execution_timeout=policies.LONGEST_CHECK,
    )
    return workflow_id
