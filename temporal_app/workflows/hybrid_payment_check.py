"""Checking chosen orders at once, and seeing the paid ones off."""

import asyncio
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ActivityError, ChildWorkflowError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from orders.rules import actors, identifiers
    from temporal_app import policies
    from temporal_app.activities import payment_checks
    from temporal_app.messages import (
        CheckedPage,
        CheckPage,
        CheckProgress,
        CheckStart,
        CheckSummary,
        CheckTotals,
        OrderOutcome,
        PaidOrder,
    )
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
        self._totals = CheckTotals()
        self._outcomes = dict.fromkeys(self._numbers, "ended")  # what does not wait for its money is never asked about

    @workflow.run
    async def run(self, numbers: list[str], by: str = actors.SYSTEM) -> CheckSummary:
        start = CheckStart(workflow.info().workflow_id, kind="hybrid", by=by, numbers=self._numbers)
        self._totals = await workflow.execute_local_activity(payment_checks.start_check, start, **policies.RECORD)
        paid = await self._check_all()
        await asyncio.gather(*(self._see_off(one) for one in paid))
        for number, outcome in self._outcomes.items():
            if outcome == "ended":
                await self._record_outcome(number, outcome)
        self._totals = replace(self._totals, processed=len(self._numbers))
        await self._record_progress(finished=True)
        return CheckSummary(self._outcomes)

    async def _check_all(self) -> list[PaidOrder]:
        """Every chosen order that waits, a page in one call."""
        paid: list[PaidOrder] = []
        method, after = "", 0
        while True:
            page = CheckPage(workflow.info().workflow_id, self._by, PAGE, method, after, self._numbers)
            checked: CheckedPage = await workflow.execute_activity(
                payment_checks.check_order_batch, page, **policies.ASK_PROVIDER
            )
            if not (checked.checked or checked.unanswered):
                return paid
            self._outcomes |= checked.outcomes
            method, after = checked.method, checked.after
            paid.extend(checked.paid)
            self._totals = replace(
                self._totals,
                processed=self._totals.processed + checked.checked,
                paid=self._totals.paid + len(checked.paid),
                failed=self._totals.failed + checked.failed,
                unanswered=self._totals.unanswered + checked.unanswered,
                batches=self._totals.batches + bool(checked.checked),
            )
            await self._record_progress(finished=False)

    async def _see_off(self, paid: PaidOrder) -> None:
        try:
            outcome = await workflow.execute_child_workflow(
                FulfillmentWatchWorkflow.run, paid, id=identifiers.fulfillment_watch(paid.number)
            )
        except (ChildWorkflowError, WorkflowAlreadyStartedError):
            outcome = "not_started"
        self._outcomes[paid.number] = outcome
        await self._record_outcome(paid.number, outcome)

    async def _record_outcome(self, number: str, outcome: str) -> None:
        result = OrderOutcome(workflow.info().workflow_id, number, outcome)
        await workflow.execute_local_activity(payment_checks.record_outcome, result, **policies.RECORD)

    async def _record_progress(self, *, finished: bool) -> None:
        progress = CheckProgress(workflow.info().workflow_id, self._totals, finished)
        await workflow.execute_local_activity(payment_checks.record_progress, progress, **policies.RECORD)

    @workflow.query
    def get_outcomes(self) -> CheckSummary:
        """What is known so far, by order number."""
        return CheckSummary(dict(self._outcomes))
