"""What becomes of a payment notice, whichever way it came in."""

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from temporal_app import names, policies
    from temporal_app.activities import notices
    from temporal_app.messages import IntakeResult
    from temporal_app.workflows.order_saga import OrderSagaWorkflow


@workflow.defn
class PaymentIntakeWorkflow:
    """Matches one notice with its order and tells the order's saga; one that nobody waits for is kept for a person."""

    @workflow.run
    async def run(self, notice_id: int) -> str:
        result: IntakeResult = await workflow.execute_local_activity(notices.match_notice, notice_id, **policies.RECORD)
        if result.confirmation is not None:
            saga = workflow.get_external_workflow_handle_for(OrderSagaWorkflow.run, names.order_saga(result.number))
            try:
                await saga.signal(OrderSagaWorkflow.confirm_payment, result.confirmation)
            except FailureError:
                await workflow.execute_local_activity(notices.refuse_notice, notice_id, **policies.RECORD)
        return result.outcome
