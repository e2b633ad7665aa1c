"""Looking for workflows that ended badly."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from temporal_app import policies
    from temporal_app.activities import workflow_watch


@workflow.defn
class WorkflowWatchWorkflow:
    """Looks once at everything that has failed, timed out or been terminated since the last look; a schedule starts it.
    One that fails itself is told of by the next."""

    @workflow.run
    async def run(self) -> int:
        return await workflow.execute_activity(workflow_watch.tell_of_failed_workflows, **policies.ASK_PROVIDER)
