"""Watching the payments of chosen orders, each in a workflow of its own."""

import asyncio
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from orders.rules import actors, identifiers, limits
    from temporal_app import policies
    from temporal_app.activities import payment_checks
    from temporal_app.messages import CheckProgress, CheckStart, CheckSummary, CheckTotals, MonitorResult, OrderOutcome
    from temporal_app.workflows.order_payment_monitor import OrderPaymentMonitorWorkflow


@workflow.defn
class PaymentCheckCoordinator:
    """Starts a monitor for each order, a bounded number at a time, and gathers what they found."""

    @workflow.init
    def __init__(self, numbers: list[str], by: str = actors.SYSTEM) -> None:
        self._by = by
        self._totals = CheckTotals()
        self._outcomes: dict[str, str] = {}
        self._places = asyncio.Semaphore(limits.CHECKED_AT_ONCE)

    @workflow.run
    async def run(self, numbers: list[str], by: str = actors.SYSTEM) -> CheckSummary:
        start = CheckStart(workflow.info().workflow_id, kind="coordinator", by=by, numbers=tuple(numbers))
        self._totals = await workflow.execute_local_activity(payment_checks.start_check, start, **policies.RECORD)
        await asyncio.gather(*(self._watch(number) for number in dict.fromkeys(numbers)))
        await self._record_progress(finished=True)
        return CheckSummary(self._outcomes)

    async def _watch(self, number: str) -> None:
        async with self._places:
            outcome = await self._monitor(number)
        self._outcomes[number] = outcome
        self._totals = replace(
            self._totals,
            processed=self._totals.processed + 1,
            paid=self._totals.paid + (outcome == "paid"),
            failed=self._totals.failed + (outcome == "failed"),
        )
        result = OrderOutcome(workflow.info().workflow_id, number, outcome)
        await workflow.execute_local_activity(payment_checks.record_outcome, result, **policies.RECORD)
        await self._record_progress(finished=False)

    async def _monitor(self, number: str) -> str:
        try:
            result: MonitorResult = await workflow.execute_child_workflow(
                OrderPaymentMonitorWorkflow.run, args=[number, self._by], id=identifiers.payment_monitor(number)
            )
        except WorkflowAlreadyStartedError:
            return "watched_already"
        except ChildWorkflowError:
            return "not_answered"
        return result.outcome

    async def _record_progress(self, *, finished: bool) -> None:
        progress = CheckProgress(workflow.info().workflow_id, self._totals, finished)
        await workflow.execute_local_activity(payment_checks.record_progress, progress, **policies.RECORD)

    @workflow.query
    def get_outcomes(self) -> CheckSummary:
        """What is known so far, by order number."""
        return CheckSummary(dict(self._outcomes))
