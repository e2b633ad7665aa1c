"""Looking after all payments that the shop waits for, a page of orders in one call."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from temporal_app.messages import BatchInput, CheckPage, CheckTotals, DashboardData
    from temporal_app.workflows.check_run import CheckRun
    from temporal_app.workflows.paid_orders import tell_saga


@workflow.defn
class BatchPaymentCheckWorkflow:
    """Walks over every order that waits for its money, asks once a page, and tells the sagas of paid ones.

    It starts anew after some pages, with its place and its totals kept, so that no history grows long.
    """

    @workflow.init
    def __init__(self, batch: BatchInput) -> None:
        self._batch = batch
        self._check = CheckRun(workflow.info().workflow_id, batch.totals or CheckTotals())
        self._pages = 0
        self._run_ends = False

    @workflow.run
    async def run(self, batch: BatchInput) -> CheckTotals:
        return await self._check.carry_out(self._carry_out())

    async def _carry_out(self) -> CheckTotals:
        if self._batch.totals is None:
            await self._check.begin("batch", by=self._batch.by)
            if workflow.patched("broken-off-checks"):
                await self._check.settle_others()
        while await self._check_page():
            if self._is_long_enough():
                await self._continue_as_new()
        await self._check.record_progress(finished=True)
        await self._end_run()
        return self._check.totals

    async def _check_page(self) -> bool:
        """One page; False after the last."""
        began, batch = workflow.time(), self._batch
        page = CheckPage(self._check.workflow_id, batch.by, batch.page_size, batch.method, batch.after)
        checked = await self._check.ask(page)
        if checked is None:
            return False
        await asyncio.gather(*(tell_saga(paid) for paid in checked.paid))
        self._batch = replace(batch, method=checked.method, after=checked.after)
        self._pages += 1
        await self._check.add_page(checked, seconds=workflow.time() - began)
        return True

    def _is_long_enough(self) -> bool:
        history = workflow.info().get_current_history_length()
        return self._pages >= self._batch.pages_per_run or history >= self._batch.events_per_run

    async def _continue_as_new(self) -> None:
        await self._end_run()
        workflow.continue_as_new(replace(self._batch, totals=self._check.totals))

    async def _end_run(self) -> None:
        """Let everybody go who waits for progress: they read how far it is, and ask the next run."""
        self._run_ends = True
        await workflow.wait_condition(workflow.all_handlers_finished)

    @workflow.query
    def get_dashboard_data(self) -> DashboardData:
        """How far it is, how fast, and when it will be done."""
        totals = self._check.totals
        done = totals.processed
        average = totals.seconds / done if done else 0.0
        left = max(0, totals.expected - done - totals.unanswered)
        end = datetime.fromtimestamp(workflow.time() + left * average, UTC).isoformat(timespec="seconds")
        return DashboardData(
            processed=done,
            paid=totals.paid,
            failed=totals.failed,
            current_batch=totals.batches,
            average_seconds=average,
            estimated_completion=end if done else "",
            expected=totals.expected,
        )

    @workflow.update
    async def wait_for_progress(self, processed: int) -> int:
        """Answer how many orders have been checked, as soon as that is at least `processed`, or this run ends."""
        await workflow.wait_condition(lambda: self._check.totals.processed >= processed or self._run_ends)
        return self._check.totals.processed
