"""Having a new order carried; shared by all who place one."""

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from orders.rules import identifiers
    from temporal_app import names, policies
    from temporal_app.messages import OrderInput
    from temporal_app.workflows.order_saga import OrderSagaWorkflow


async def start_order_saga(order: OrderInput) -> None:
    """Start the saga of an order, which goes on by itself; one that is carried, or was, is left as it is."""
    try:
        await workflow.start_child_workflow(
            OrderSagaWorkflow.run,
            order,
            id=identifiers.order_saga(order.number),
            task_queue=names.ORDERS_QUEUE,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            execution_timeout=policies.saga_timeout(order),
        )
    except WorkflowAlreadyStartedError:
        workflow.logger.info("order %s has been started before", order.number)
