"""From an uploaded account statement to the orders it pays."""

import asyncio
from dataclasses import replace

from temporalio import workflow
from temporalio.common import VersioningBehavior

with workflow.unsafe.imports_passed_through():
    from temporal_app import policies
    from temporal_app.activities import statements
    from temporal_app.messages import LinesPage, StatementImport
    from temporal_app.workflows import steps
    from temporal_app.workflows.paid_orders import tell_saga


@workflow.defn(versioning_behavior=VersioningBehavior.PINNED)
class StatementImportWorkflow:
    """Takes every payment of a file once, matches them page by page, and tells the sagas of paid orders.

    It starts anew after some pages, so that no history grows long, however many lines there are.
    """

    @workflow.run
    async def run(self, statement: StatementImport) -> None:
        if not statement.taken:
            await self._take(statement.statement_id)
            statement = replace(statement, taken=True)
        for _page in range(statement.pages_per_run):
            page = LinesPage(statement.statement_id, statement.after, statement.lines_per_page)
            matched = await steps.record(statements.match_lines, page)
            if not matched.checked:
                return
            await asyncio.gather(*(tell_saga(paid) for paid in matched.paid))
            statement = replace(statement, after=matched.after)
        workflow.continue_as_new(statement)

    async def _take(self, statement_id: int) -> None:
        """Write its payments down; a file that is not to be found is looked for a few times, and then refused."""
        for pause in (*policies.FILE_PAUSES, None):
            is_missing = await workflow.execute_activity(statements.take_statement, statement_id, **policies.READ_FILE)
            if not is_missing:
                return
            if pause:
                await workflow.sleep(pause)
        await steps.record(statements.refuse_statement, statement_id)
