"""Watching one order's payment."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from temporal_app import policies
    from temporal_app.activities import payment_checks
    from temporal_app.messages import CheckedOrder, MonitorResult, OrderCheck
    from temporal_app.workflows.paid_orders import tell_saga


@workflow.defn
class OrderPaymentMonitorWorkflow:
    """Asks every hour, for at most 14 days; ends when the order is paid, has failed, or does not wait any more."""

    @workflow.run
    async def run(self, number: str, by: str = "system", checks: int = 0) -> MonitorResult:
        most = policies.CHECK_FOR // policies.CHECK_EVERY
        while checks < most:
            checks += 1
            checked: CheckedOrder = await workflow.execute_activity(
                payment_checks.check_order, OrderCheck(number, by), **policies.ASK_PROVIDER
            )
            if checked.paid is not None:
                await tell_saga(checked.paid)
            if checked.outcome != "waiting":
                return MonitorResult(number, checked.outcome, checks)
            await workflow.sleep(policies.CHECK_EVERY)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(args=[number, by, checks])
        return MonitorResult(number, "deadline", checks)
