"""One payment check: its totals, what it has shown, and the record of both; shared by all checks."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from orders.models.payment_check import CheckEnd
    from temporal_app import policies
    from temporal_app.activities import payment_checks
    from temporal_app.messages import (
        CheckedPage,
        CheckEnded,
        CheckPage,
        CheckProgress,
        CheckStart,
        CheckSummary,
        CheckTotals,
        OrderOutcome,
        PageLeft,
    )
    from temporal_app.workflows import steps

Question = TypeVar("Question")
Answer = TypeVar("Answer")
SETTLED_AT_ONCE = 1_000


async def ask_provider(activity: Callable[[Question], Answer], question: Question) -> Answer | None:
    """Ask a provider how things stand, a bounded number of times; None where there was no answer."""
    try:
        return await workflow.execute_activity(activity, question, **policies.ASK_PROVIDER)
    except ActivityError as failure:
        if is_cancelled_exception(failure):
            raise
        return None


@dataclass
class CheckRun:
    """What the workflow `workflow_id` has checked so far.

    :param outcomes: by order number, for chosen orders only
    :param silent: the payment method of the last page, where there was no answer
    """

    workflow_id: str
    totals: CheckTotals = field(default_factory=CheckTotals)
    outcomes: dict[str, str] = field(default_factory=dict)
    silent: str = ""

    async def begin(self, kind: str, *, by: str, numbers: tuple[str, ...] = ()) -> None:
        """Record that the check begins, and learn how many orders there are to check."""
        start = CheckStart(self.workflow_id, kind=kind, by=by, numbers=numbers)
        self.totals = await steps.record(payment_checks.start_check, start)

    async def carry_out(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Do the work of the check; where it is broken off, that is recorded."""
        try:
            return await work
        except (FailureError, asyncio.CancelledError) as failure:
            ended_as = CheckEnd.CANCELLED if is_cancelled_exception(failure) else CheckEnd.FAILED
            await steps.unstoppable(steps.record(payment_checks.end_check, CheckEnded(self.workflow_id, ended_as)))
            raise

    async def settle_others(self) -> None:
        """Record how checks ended that could not say so themselves: terminated, or longer than they may take."""
        unfinished = await steps.record(payment_checks.unfinished_checks, SETTLED_AT_ONCE)
        try:
            found = await workflow.execute_activity(payment_checks.find_broken_off, unfinished, **policies.ASK_PROVIDER)
        except ActivityError as failure:
            if is_cancelled_exception(failure):
                raise
            return  # the next check asks again
        for ended in found:
            await steps.record(payment_checks.end_check, ended)

    async def ask(self, page: CheckPage) -> CheckedPage | None:
        """Ask about a page of orders in one call, and pass over what has no answer; None after the last."""
        checked = await ask_provider(payment_checks.check_order_batch, page)
        if checked is None:
            checked = await steps.record(payment_checks.pass_over, PageLeft(page, self.silent))
        self.silent = checked.method if checked.unanswered else ""
        return checked if checked.checked or checked.unanswered else None

    async def add_page(self, checked: CheckedPage, *, seconds: float = 0.0) -> None:
        """Count a page that took so long, and record how far the check is."""
        self.outcomes |= checked.outcomes
        self.totals = replace(
            self.totals,
            processed=self.totals.processed + checked.checked,
            paid=self.totals.paid + len(checked.paid),
            failed=self.totals.failed + checked.failed,
            unanswered=self.totals.unanswered + checked.unanswered,
            batches=self.totals.batches + bool(checked.checked),
            seconds=self.totals.seconds + seconds,
        )
        await self.record_progress()

    async def add_order(self, number: str, outcome: str, *, finished: bool = False) -> None:
        """Count one order, and record what the check has shown for it."""
        self.totals = replace(
            self.totals,
            processed=self.totals.processed + 1,
            paid=self.totals.paid + (outcome == "paid"),
            failed=self.totals.failed + (outcome == "failed"),
        )
        await self.record_outcome(number, outcome)
        await self.record_progress(finished=finished)

    async def record_outcome(self, number: str, outcome: str) -> None:
        """Record what the check has shown for one order."""
        self.outcomes[number] = outcome
        await steps.record(payment_checks.record_outcome, OrderOutcome(self.workflow_id, number, outcome))

    async def record_progress(self, *, finished: bool = False) -> None:
        """Record how far the check is."""
        await steps.record(payment_checks.record_progress, CheckProgress(self.workflow_id, self.totals, finished))

    def summary(self) -> CheckSummary:
        """What is known so far, by order number."""
        return CheckSummary(dict(self.outcomes))
