"""One payment check: its totals, what it has shown, and the record of both; shared by all checks."""

from dataclasses import dataclass, field, replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
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
    )
    from temporal_app.workflows import steps


@dataclass
class CheckRun:
    """What the workflow `workflow_id` has checked so far; `outcomes` by order number, for chosen orders only."""

    workflow_id: str
    totals: CheckTotals = field(default_factory=CheckTotals)
    outcomes: dict[str, str] = field(default_factory=dict)

    async def begin(self, kind: str, *, by: str, numbers: tuple[str, ...] = ()) -> None:
        """Record that the check begins, and learn how many orders there are to check."""
        start = CheckStart(self.workflow_id, kind=kind, by=by, numbers=numbers)
        self.totals = await steps.record(payment_checks.start_check, start)

    async def ask(self, page: CheckPage) -> CheckedPage | None:
        """Ask about a page of orders in one call; None after the last."""
        checked = await steps.call_provider(payment_checks.check_order_batch, page, policies.ASK_PROVIDER)
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
