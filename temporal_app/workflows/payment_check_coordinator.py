"""Watching the payments of chosen orders, each in a workflow of its own."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError, FailureError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from orders.rules import actors, identifiers, limits
    from temporal_app import policies
    from temporal_app.messages import CheckSummary, MonitorResult, Watched
    from temporal_app.workflows import steps
    from temporal_app.workflows.check_run import CheckRun
    from temporal_app.workflows.order_payment_monitor import OrderPaymentMonitorWorkflow

NOT_ANSWERED = "not_answered"
Monitor = workflow.ChildWorkflowHandle[OrderPaymentMonitorWorkflow, MonitorResult]


@workflow.defn
class PaymentCheckCoordinator:
    """Starts a monitor for each order, a bounded number at a time, and gathers what they found.

    It starts anew before its history grows long. Its monitors go on meanwhile, and tell it by signal how they ended.
    """

    @workflow.init
    def __init__(self, numbers: list[str], by: str = actors.SYSTEM, watched: Watched | None = None) -> None:
        self._by = by
        self._is_new = watched is None
        known = watched or Watched(left=tuple(dict.fromkeys(numbers)))
        self._left, self._running, self._told = dict.fromkeys(known.left), dict(known.running), dict(known.told)
        self._check = CheckRun(workflow.info().workflow_id, known.totals, dict(known.outcomes))
        self._places = asyncio.Semaphore(limits.CHECKED_AT_ONCE)

    @workflow.run
    async def run(self, numbers: list[str], by: str = actors.SYSTEM, watched: Watched | None = None) -> CheckSummary:
        return await self._check.carry_out(self._carry_out(tuple(numbers)))

    async def _carry_out(self, numbers: tuple[str, ...]) -> CheckSummary:
        if self._is_new:
            await self._check.begin("coordinator", by=self._by, numbers=numbers)
        try:
            await asyncio.gather(*(self._watch(number) for number in (*self._running, *self._left)))
        except asyncio.CancelledError:
            await steps.unstoppable(self._stop_monitors())
            raise
        if self._left or self._running:
            self._continue_as_new()
        await self._check.record_progress(finished=True)
        return self._check.summary()

    async def _watch(self, number: str) -> None:
        async with self._places:
            outcome = await self._outcome(number)
        if outcome:
            await self._check.add_order(number, outcome)

    async def _outcome(self, number: str) -> str:
        """What became of one order's payment; empty where the next run goes on with it."""
        if number in self._running:  # since an earlier run, which is the only one that hears how it ends without a word
            return await self._hear(number)
        if self._is_long():
            return ""
        del self._left[number]
        try:
            monitor = await steps.unstoppable(self._start(number))
        except WorkflowAlreadyStartedError:
            return "watched_already"
        steps.stop_if_cancelled()
        await workflow.wait_condition(lambda: monitor.done() or self._is_long())
        if not monitor.done():
            return ""
        del self._running[number]
        try:
            return (await monitor).outcome
        except ChildWorkflowError:
            return NOT_ANSWERED

    async def _start(self, number: str) -> Monitor:
        monitor = await workflow.start_child_workflow(
            OrderPaymentMonitorWorkflow.run,
            args=[number, self._by],
            id=identifiers.payment_monitor(number),
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            execution_timeout=policies.LONGEST_WATCH,
        )
        self._running[number] = workflow.time() + policies.LONGEST_WATCH.total_seconds()
        return monitor

    async def _hear(self, number: str) -> str:
        """What a monitor tells; one that says nothing for longer than it may take does not answer."""
        left = policies.seconds(max(0.0, self._running[number] - workflow.time()))
        try:
            await workflow.wait_condition(lambda: number in self._told or self._is_long(), timeout=left)
        except TimeoutError:
            self._told[number] = NOT_ANSWERED
        if number not in self._told:
            return ""
        del self._running[number]
        return self._told.pop(number)

    async def _stop_monitors(self) -> None:
        for number in self._running:
            monitor = workflow.get_external_workflow_handle(identifiers.payment_monitor(number))
            try:
                await monitor.cancel()
            except FailureError:
                workflow.logger.info("the monitor of %s has ended already", number)

    def _is_long(self) -> bool:
        return workflow.info().get_current_history_length() > policies.COORDINATOR_EVENTS

    def _continue_as_new(self) -> None:
        watched = Watched(
            left=tuple(self._left),
            running=self._running,
            told={number: outcome for number, outcome in self._told.items() if number in self._running},
            totals=self._check.totals,
            outcomes=self._check.outcomes,
        )
        workflow.continue_as_new(args=[[], self._by, watched])

    @workflow.signal
    def monitor_ended(self, result: MonitorResult) -> None:
        """A monitor has ended; heard twice by the run that started it."""
        self._told[result.number] = result.outcome

    @workflow.query
    def get_outcomes(self) -> CheckSummary:
        """What is known so far, by order number."""
        return self._check.summary()
