"""What becomes of a payment notice, whichever way it came in."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from temporal_app import policies
    from temporal_app.activities import notices
    from temporal_app.messages import IntakeResult, PaidOrder
    from temporal_app.workflows.paid_orders import tell_saga


@workflow.defn
class PaymentIntakeWorkflow:
    """Matches one notice with its order and tells the order's saga; one that nobody waits for is kept for a person."""

    @workflow.run
    async def run(self, notice_id: int) -> str:
        result: IntakeResult = await workflow.execute_local_activity(notices.match_notice, notice_id, **policies.RECORD)
        if result.confirmation is not None:
            await tell_saga(PaidOrder(result.number, notice_id, result.confirmation))
        return result.outcome
