"""Telling sagas that their money is there; shared by all checks."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from orders.rules import identifiers
    from temporal_app.activities import payment_events
    from temporal_app.messages import PaidOrder, UnusedPayment
    from temporal_app.workflows import steps
    from temporal_app.workflows.order_saga import OrderSagaWorkflow


async def tell_saga(paid: PaidOrder) -> bool:
    """Signal an order's saga; False where it has ended meanwhile, and the money is put before a person."""
    saga = workflow.get_external_workflow_handle_for(OrderSagaWorkflow.run, identifiers.order_saga(paid.number))
    if await steps.tell(saga, OrderSagaWorkflow.confirm_payment, paid.confirmation):
        return True
    await steps.record(payment_events.release_payment_event, UnusedPayment(paid.payment_event_id))
    return False
