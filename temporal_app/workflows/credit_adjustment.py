"""What a member of staff gives to a customer's credit, or takes from it: approved where the amount asks for it."""

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from temporal_app import names
    from temporal_app.activities import credit_adjustments, crediting
    from temporal_app.messages import AdjustmentRefusal
    from temporal_app.workflows import steps
    from temporal_app.workflows.second_person import ask_second_person
    from temporal_app.workflows.sending_back import refusal_in


@workflow.defn(versioning_behavior=VersioningBehavior.PINNED)
class CreditAdjustmentWorkflow:
    """Has the customer's account make one entry; once a second person has approved it, it is begun anew."""

    @workflow.run
    async def run(self, adjustment_id: int) -> str:
        try:
            plan = await steps.record(credit_adjustments.weigh_adjustment, adjustment_id)
            if plan.approval is not None:
                await ask_second_person(plan.approval)
                return "asked"
            if plan.wanted:
                await steps.call_provider(crediting.adjust_credit, adjustment_id, whom=names.ANY_PROVIDER)
        except FailureError as failure:
            refused = refusal_in(failure)
            if refused is None:  # it was broken off; the same adjustment, sent again, is taken up
                raise
            await steps.record(credit_adjustments.refuse_adjustment, AdjustmentRefusal(adjustment_id, *refused))
            return "refused"
        return "done"
