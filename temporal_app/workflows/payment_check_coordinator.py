"""Watching the payments of chosen orders, each in a workflow of its own."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from orders.rules import actors, identifiers, limits
    from temporal_app.messages import CheckSummary
    from temporal_app.workflows.check_run import CheckRun
    from temporal_app.workflows.order_payment_monitor import OrderPaymentMonitorWorkflow


@workflow.defn
class PaymentCheckCoordinator:
    """Starts a monitor for each order, a bounded number at a time, and gathers what they found."""

    @workflow.init
    def __init__(self, numbers: list[str], by: str = actors.SYSTEM) -> None:
        self._by = by
        self._check = CheckRun(workflow.info().workflow_id)
        self._places = asyncio.Semaphore(limits.CHECKED_AT_ONCE)

    @workflow.run
    async def run(self, numbers: list[str], by: str = actors.SYSTEM) -> CheckSummary:
        await self._check.begin("coordinator", by=by, numbers=tuple(numbers))
        await asyncio.gather(*(self._watch(number) for number in dict.fromkeys(numbers)))
        await self._check.record_progress(finished=True)
        return self._check.summary()

    async def _watch(self, number: str) -> None:
        async with self._places:
            outcome = await self._monitor(number)
        await self._check.add_order(number, outcome)

    async def _monitor(self, number: str) -> str:
        try:
            result = await workflow.execute_child_workflow(
                OrderPaymentMonitorWorkflow.run, args=[number, self._by], id=identifiers.payment_monitor(number)
            )
        except WorkflowAlreadyStartedError:
            return "watched_already"
        except ChildWorkflowError:
            return "not_answered"
        return result.outcome

    @workflow.query
    def get_outcomes(self) -> CheckSummary:
        """What is known so far, by order number."""
        return self._check.summary()
