"""Watching one order's payment."""

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from orders.rules import actors
    from temporal_app import names, policies
    from temporal_app.activities import payment_checks
    from temporal_app.messages import CheckedOrder, MonitorResult, OrderCheck
    from temporal_app.messages.payment_checks import EVENTS_PER_RUN
    from temporal_app.workflows.check_run import CheckRun, ask_provider
    from temporal_app.workflows.paid_orders import tell_saga

NO_ANSWER = CheckedOrder("not_answered")  # this hour; it is asked again with the next
GOING_ON = ("waiting", NO_ANSWER.outcome)


@workflow.defn
class OrderPaymentMonitorWorkflow:
    """Asks every hour, for at most 14 days; ends when the order is paid, has failed, or does not wait any more.

    What a coordinator has started tells it how that went; what a person has started keeps a record of its own.
    """

    @workflow.run
    async def run(self, number: str, by: str = actors.SYSTEM, checks: int = 0) -> MonitorResult:
        coordinator = workflow.info().parent
        if coordinator is not None:
            result = await self._watch(number, by, checks, check=None)
            if workflow.patched("coordinators-are-told"):
                await _tell(coordinator.workflow_id, result)
            return result
        check = CheckRun(workflow.info().workflow_id)
        return await check.carry_out(self._watch(number, by, checks, check=check))

    async def _watch(self, number: str, by: str, checks: int, *, check: CheckRun | None) -> MonitorResult:
        if check and not checks:
            await check.begin("monitor", by=by, numbers=(number,))
        checked = CheckedOrder("waiting")
        while checks < policies.CHECK_FOR // policies.CHECK_EVERY:
            checks += 1
            before, checked = checked, await self._ask(number, by)
            if checked.outcome not in GOING_ON:
                break
            if check and checked != before:
                await check.record_outcome(number, checked.outcome)
            await workflow.sleep(policies.CHECK_EVERY)
            if workflow.info().get_current_history_length() > EVENTS_PER_RUN:
                workflow.continue_as_new(args=[number, by, checks])
        outcome = "deadline" if checked.outcome == "waiting" else checked.outcome
        if check:
            await check.add_order(number, outcome, finished=True)
        return MonitorResult(number, outcome, checks)

    async def _ask(self, number: str, by: str) -> CheckedOrder:
        """One question; a paid order's saga hears of its money."""
        checked = await ask_provider(payment_checks.check_order, OrderCheck(number, by)) or NO_ANSWER
        if checked.paid is not None:
            await tell_saga(checked.paid)
        return checked


async def _tell(coordinator: str, result: MonitorResult) -> None:
    """Tell the coordinator, whichever of its runs hears it."""
    try:
        await workflow.get_external_workflow_handle(coordinator).signal(names.MONITOR_ENDED, result)
    except FailureError:
        workflow.logger.info("%s does not listen any more", coordinator)
