"""Looking at what providers told us while nobody could hear it."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from temporal_app.activities import payment_events
    from temporal_app.workflows import steps
    from temporal_app.workflows.payment_matching import match


@workflow.defn
class PaymentEventSweepWorkflow:
    """Matches the payment events that were stored while Temporal was away: handing them over failed then, and not every
    provider asks again. One that is being matched by its own workflow just now is matched once all the same."""

    @workflow.run
    async def run(self, after: int) -> None:
        """:param after: the event that was looked at last, by an earlier run"""
        while unheard := await steps.record(payment_events.list_unheard, after):
            for payment_event_id in unheard:
                try:
                    await match(payment_event_id)
                except ActivityError as failure:  # it stays unheard, which the nightly check of the mirror reports
                    workflow.logger.error("payment event %s could not be matched: %s", payment_event_id, failure)
            after = unheard[-1]
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(after)
