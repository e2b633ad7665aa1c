"""Watching one order's payment."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from orders.rules import actors
    from temporal_app import policies
    from temporal_app.activities import payment_checks
    from temporal_app.messages import MonitorResult, OrderCheck
    from temporal_app.messages.payment_checks import EVENTS_PER_RUN
    from temporal_app.workflows import steps
    from temporal_app.workflows.check_run import CheckRun
    from temporal_app.workflows.paid_orders import tell_saga


@workflow.defn
class OrderPaymentMonitorWorkflow:
    """Asks every hour, for at most 14 days; ends when the order is paid, has failed, or does not wait any more.

    What a coordinator has started tells it how that went; what a person has started keeps a record of its own.
    """

    @workflow.run
    async def run(self, number: str, by: str = actors.SYSTEM, checks: int = 0) -> MonitorResult:
        check = CheckRun(workflow.info().workflow_id)
        has_own_record = workflow.info().parent is None
        if has_own_record and not checks:
            await check.begin("monitor", by=by, numbers=(number,))
        result = await self._watch(number, by, checks)
        if has_own_record:
            await check.add_order(number, result.outcome, finished=True)
        return result

    async def _watch(self, number: str, by: str, checks: int) -> MonitorResult:
        while checks < policies.CHECK_FOR // policies.CHECK_EVERY:
            checks += 1
            checked = await steps.call_provider(
                payment_checks.check_order, OrderCheck(number, by), policies.ASK_PROVIDER
            )
            if checked.paid is not None:
                await tell_saga(checked.paid)
            if checked.outcome != "waiting":
                return MonitorResult(number, checked.outcome, checks)
            await workflow.sleep(policies.CHECK_EVERY)
            if workflow.info().get_current_history_length() > EVENTS_PER_RUN:
                workflow.continue_as_new(args=[number, by, checks])
        return MonitorResult(number, "deadline", checks)
