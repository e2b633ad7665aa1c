"""Giving back what guests have reserved, did not pay, and did not confirm."""

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from orders.rules import actors, identifiers
    from orders.rules.order_events import NOT_CONFIRMED
    from temporal_app import names
    from temporal_app.activities import reservations
    from temporal_app.messages import CancelRequest
    from temporal_app.workflows import steps
    from temporal_app.workflows.order_saga import OrderSagaWorkflow


@workflow.defn
class ReservationSweepWorkflow:
    """Cancels the orders of guests who have neither paid nor confirmed their address in time."""

    @workflow.run
    async def run(self) -> None:
        cancel = CancelRequest(NOT_CONFIRMED, actors.schedule(names.RESERVATION_SWEEP_SCHEDULE))
        for number in await steps.record(reservations.lapse_guest_holds, workflow.time()):
            saga = workflow.get_external_workflow_handle_for(OrderSagaWorkflow.run, identifiers.order_saga(number))
            try:
                await saga.signal(OrderSagaWorkflow.cancel_order, cancel)
            except FailureError as failure:  # it has ended meanwhile, or the mirror's check will find it
                workflow.logger.info("order %s was not told that its time is up: %s", number, failure)
