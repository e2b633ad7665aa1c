"""Checking chosen orders at once, and seeing the paid ones off."""

import asyncio
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ActivityError, ChildWorkflowError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from orders.rules import actors, identifiers
    from temporal_app import policies
    from temporal_app.activities import payment_checks
    from temporal_app.messages import CheckPage, CheckSummary, PaidOrder
    from temporal_app.workflows.check_run import CheckRun
    from temporal_app.workflows.paid_orders import tell_saga

PAGE = 100


@workflow.defn
class FulfillmentWatchWorkflow:
    """Tells a paid order's saga, and sees its fulfilment begin."""

    @workflow.run
    async def run(self, paid: PaidOrder) -> str:
        if not await tell_saga(paid):
            return "unmatched"
        try:
            await workflow.execute_activity(payment_checks.await_fulfilment, paid.number, **policies.SEE_START)
        except ActivityError:
            return "not_started"
        return "fulfilment_started"


@workflow.defn
class HybridPaymentCheckWorkflow:
    """One batch over chosen orders now, then a child for each that is paid."""

    @workflow.init
    def __init__(self, numbers: list[str], by: str = actors.SYSTEM) -> None:
        self._by = by
        self._numbers = tuple(dict.fromkeys(numbers))
        self._check = CheckRun(workflow.info().workflow_id)
        # what does not wait for its money is never asked about
        self._check.outcomes = dict.fromkeys(self._numbers, "ended")

    @workflow.run
    async def run(self, numbers: list[str], by: str = actors.SYSTEM) -> CheckSummary:
        return await self._check.carry_out(self._carry_out())

    async def _carry_out(self) -> CheckSummary:
        check = self._check
        await check.begin("hybrid", by=self._by, numbers=self._numbers)
        paid = await self._check_all()
        await asyncio.gather(*(self._see_off(one) for one in paid))
        for number, outcome in check.outcomes.items():
            if outcome == "ended":
                await check.record_outcome(number, outcome)
        check.totals = replace(check.totals, processed=len(self._numbers))
        await check.record_progress(finished=True)
        return check.summary()

    async def _check_all(self) -> list[PaidOrder]:
        """Every chosen order that waits, a page in one call."""
        paid: list[PaidOrder] = []
        page = CheckPage(self._check.workflow_id, self._by, PAGE, method="", after=0, numbers=self._numbers)
        while (checked := await self._check.ask(page)) is not None:
            paid.extend(checked.paid)
            await self._check.add_page(checked)
            page = replace(page, method=checked.method, after=checked.after)
        return paid

    async def _see_off(self, paid: PaidOrder) -> None:
        try:
            outcome = await workflow.execute_child_workflow(
                FulfillmentWatchWorkflow.run, paid, id=identifiers.fulfillment_watch(paid.number)
            )
        except (ChildWorkflowError, WorkflowAlreadyStartedError):
            outcome = "not_started"
        await self._check.record_outcome(paid.number, outcome)

    @workflow.query
    def get_outcomes(self) -> CheckSummary:
        """What is known so far, by order number."""
        return self._check.summary()
