"""Looking after all payments that the shop waits for, a page of orders in one call."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from temporal_app import policies
    from temporal_app.activities import payment_checks
    from temporal_app.messages import (
        BatchInput,
        CheckedPage,
        CheckPage,
        CheckProgress,
        CheckStart,
        CheckTotals,
        DashboardData,
    )
    from temporal_app.workflows.paid_orders import tell_saga


@workflow.defn
class BatchPaymentCheckWorkflow:
    """Walks over every order that waits for its money, asks once a page, and tells the sagas of paid ones.

    It starts anew after some pages, with its place and its totals kept, so that no history grows long.
    """

    @workflow.init
    def __init__(self, batch: BatchInput) -> None:
        self._batch = batch
        self._totals = batch.totals or CheckTotals()
        self._pages = 0
        self._run_ends = False

    @workflow.run
    async def run(self, batch: BatchInput) -> CheckTotals:
        if batch.totals is None:
            start = CheckStart(workflow.info().workflow_id, kind="batch", by=batch.by)
            self._totals = await workflow.execute_local_activity(payment_checks.start_check, start, **policies.RECORD)
        while await self._check_page():
            if self._is_long_enough():
                await self._continue_as_new()
        await self._record_progress(finished=True)
        await self._end_run()
        return self._totals

    async def _check_page(self) -> bool:
        """One page; False after the last."""
        began = workflow.time()
        page = CheckPage(
            workflow_id=workflow.info().workflow_id,
            by=self._batch.by,
            size=self._batch.page_size,
            method=self._batch.method,
            after=self._batch.after,
        )
        checked: CheckedPage = await workflow.execute_activity(
            payment_checks.check_order_batch, page, **policies.ASK_PROVIDER
        )
        if not (checked.checked or checked.unanswered):
            return False
        await asyncio.gather(*(tell_saga(paid) for paid in checked.paid))
        self._batch = replace(self._batch, method=checked.method, after=checked.after)
        self._totals = replace(
            self._totals,
            processed=self._totals.processed + checked.checked,
            paid=self._totals.paid + len(checked.paid),
            failed=self._totals.failed + checked.failed,
            unanswered=self._totals.unanswered + checked.unanswered,
            batches=self._totals.batches + bool(checked.checked),
            seconds=self._totals.seconds + workflow.time() - began,
        )
        self._pages += 1
        await self._record_progress(finished=False)
        return True

    async def _record_progress(self, *, finished: bool) -> None:
        progress = CheckProgress(workflow.info().workflow_id, self._totals, finished)
        await workflow.execute_local_activity(payment_checks.record_progress, progress, **policies.RECORD)

    def _is_long_enough(self) -> bool:
        history = workflow.info().get_current_history_length()
        return self._pages >= self._batch.pages_per_run or history >= self._batch.events_per_run

    async def _continue_as_new(self) -> None:
        await self._end_run()
        workflow.continue_as_new(replace(self._batch, totals=self._totals))

    async def _end_run(self) -> None:
        """Let everybody go who waits for progress: they read how far it is, and ask the next run."""
        self._run_ends = True
        await workflow.wait_condition(workflow.all_handlers_finished)

    @workflow.query
    def get_dashboard_data(self) -> DashboardData:
        """How far it is, how fast, and when it will be done."""
        done = self._totals.processed
        average = self._totals.seconds / done if done else 0.0
        left = max(0, self._totals.expected - done - self._totals.unanswered)
        end = datetime.fromtimestamp(workflow.time() + left * average, UTC).isoformat(timespec="seconds")
        return DashboardData(
            processed=done,
            paid=self._totals.paid,
            failed=self._totals.failed,
            current_batch=self._totals.batches,
            average_seconds=average,
            estimated_completion=end if done else "",
            expected=self._totals.expected,
        )

    @workflow.update
    async def wait_for_progress(self, processed: int) -> int:
        """Answer how many orders have been checked, as soon as that is at least `processed`, or this run ends."""
        await workflow.wait_condition(lambda: self._totals.processed >= processed or self._run_ends)
        return self._totals.processed
