"""Watching one order's payment."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from orders.rules import actors
    from temporal_app import policies
    from temporal_app.activities import payment_checks
    from temporal_app.messages import (
        CheckedOrder,
        CheckProgress,
        CheckStart,
        CheckTotals,
        MonitorResult,
        OrderCheck,
        OrderOutcome,
    )
    from temporal_app.messages.payment_checks import EVENTS_PER_RUN
    from temporal_app.workflows.paid_orders import tell_saga


@workflow.defn
class OrderPaymentMonitorWorkflow:
    """Asks every hour, for at most 14 days; ends when the order is paid, has failed, or does not wait any more.

    What a coordinator has started tells it how that went; what a person has started keeps a record of its own.
    """

    @workflow.run
    async def run(self, number: str, by: str = actors.SYSTEM, checks: int = 0) -> MonitorResult:
        if not checks:
            await self._record_start(number, by)
        result = await self._watch(number, by, checks)
        await self._record_end(result)
        return result

    async def _watch(self, number: str, by: str, checks: int) -> MonitorResult:
        while checks < policies.CHECK_FOR // policies.CHECK_EVERY:
            checks += 1
            checked: CheckedOrder = await workflow.execute_activity(
                payment_checks.check_order, OrderCheck(number, by), **policies.ASK_PROVIDER
            )
            if checked.paid is not None:
                await tell_saga(checked.paid)
            if checked.outcome != "waiting":
                return MonitorResult(number, checked.outcome, checks)
            await workflow.sleep(policies.CHECK_EVERY)
            if workflow.info().get_current_history_length() > EVENTS_PER_RUN:
                workflow.continue_as_new(args=[number, by, checks])
        return MonitorResult(number, "deadline", checks)

    async def _record_start(self, number: str, by: str) -> None:
        if workflow.info().parent is None:
            start = CheckStart(workflow.info().workflow_id, kind="monitor", by=by, numbers=(number,))
            await workflow.execute_local_activity(payment_checks.start_check, start, **policies.RECORD)

    async def _record_end(self, result: MonitorResult) -> None:
        if workflow.info().parent is None:
            mine, outcome = workflow.info().workflow_id, result.outcome
            totals = CheckTotals(processed=1, paid=outcome == "paid", failed=outcome == "failed")
            shown = OrderOutcome(mine, result.number, outcome)
            await workflow.execute_local_activity(payment_checks.record_outcome, shown, **policies.RECORD)
            done = CheckProgress(mine, totals, finished=True)
            await workflow.execute_local_activity(payment_checks.record_progress, done, **policies.RECORD)
