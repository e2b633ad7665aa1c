"""Looking through the shop, every night and whenever somebody asks."""

import asyncio
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError

with workflow.unsafe.imports_passed_through():
    from orders.rules.invariants import DERIVABLE
    from temporal_app import policies
    from temporal_app.activities import mirror_checks, mirror_repairs
    from temporal_app.messages import FindingsPage, MirrorCheckEnd, MirrorCheckInput, MirrorCheckStart, MirrorLook
    from temporal_app.workflows import steps
    from temporal_app.workflows.order_start import start_order_saga
    from temporal_app.workflows.payment_matching import match


@workflow.defn
class MirrorCheckWorkflow:
    """Writes down every place where an invariant does not hold. If it is to, it puts right what can be derived, and
    looks again: what it does not see any more is repaired."""

    @workflow.run
    async def run(self, check: MirrorCheckInput) -> int:
        """:returns: how much is left that is not as it should be"""
        if not check.check_id:
            start = MirrorCheckStart(workflow.info().workflow_id, check.by, check.repair)
            check = replace(check, check_id=await steps.record(mirror_checks.start_mirror_check, start))
        end = MirrorCheckEnd(check.check_id)
        try:
            if not check.rule:
                await self._look(MirrorLook(check.check_id))
            if check.repair:
                await self._repair(check)
                await self._look(MirrorLook(check.check_id, look=2))
                end = replace(end, look=2)
        except (FailureError, asyncio.CancelledError):
            broken_off = replace(end, broken_off=True)
            await steps.unstoppable(steps.record(mirror_checks.end_mirror_check, broken_off))
            raise
        return await steps.record(mirror_checks.end_mirror_check, end)

    async def _look(self, look: MirrorLook) -> None:
        await workflow.execute_activity(mirror_checks.check_tables, look, **policies.LOOK_THROUGH)
        await workflow.execute_activity(mirror_checks.check_workflows, look, **policies.LOOK_THROUGH)

    async def _repair(self, check: MirrorCheckInput) -> None:
        """Put right one finding after the other, the rules in their order."""
        rules = [rule.value for rule in DERIVABLE]
        for rule in rules[rules.index(check.rule) if check.rule else 0 :]:
            after = check.after if rule == check.rule else 0
            page = FindingsPage(check.check_id, rule, after)
            while found := await steps.record(mirror_checks.list_findings, page):
                for finding_id in found:
                    await self._repair_finding(finding_id)
                page = replace(page, after=found[-1])
                if workflow.info().is_continue_as_new_suggested():
                    workflow.continue_as_new(replace(check, rule=rule, after=page.after))

    async def _repair_finding(self, finding_id: int) -> None:
        """One that cannot be put right stops none of the others."""
        try:
            rest = await workflow.execute_activity(mirror_repairs.repair_finding, finding_id, **policies.REPAIR)
            if rest.order is not None:
                await start_order_saga(rest.order)
            if rest.payment_event_id:
                await match(rest.payment_event_id)
        except ActivityError as failure:
            workflow.logger.error("finding %s could not be repaired: %s", finding_id, failure)
