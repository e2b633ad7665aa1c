"""Finding workflows that ended badly, of whatever kind, and telling operations of each once."""

from datetime import datetime, timedelta

from asgiref.sync import async_to_sync
from django.db import transaction
from django.utils import timezone
from temporalio.client import WorkflowExecutionStatus

from orders.models import FailedWorkflow, LastLook, Notification
from orders.models.failed_workflow import WorkflowEnd
from orders.models.notification import MailKind
from temporal_app.activities.outbox import mail, notifier
from temporal_app.activities.recording import shop_activity
from temporal_app.connection import get_client

NAME = "workflows"
FIRST_LOOK = timedelta(days=1)
# What Temporal lists comes a moment after it happened, and its clock is not ours; what was seen before is told once.
OVERLAP = timedelta(minutes=10)
NAMED_IN_A_MAIL = 20
ENDS = {
    WorkflowExecutionStatus.FAILED: WorkflowEnd.FAILED,
    WorkflowExecutionStatus.TIMED_OUT: WorkflowEnd.TIMED_OUT,
    WorkflowExecutionStatus.TERMINATED: WorkflowEnd.TERMINATED,
}


@shop_activity(transactions="several")
def tell_of_failed_workflows() -> int:
    """Write down every workflow that failed, timed out or was terminated since the last look, and mail operations.

    :returns: of how many operations are told now
    :raises NotConnected, RPCError: Temporal does not answer; the next look begins where this one did
    """
    now = timezone.now()
    last = LastLook.objects.filter(name=NAME).first()
    found = _ended_badly(since=(last.until if last else now - FIRST_LOOK) - OVERLAP)
    with transaction.atomic():
        for run_id, columns in found.items():
            FailedWorkflow.write(run_id, **columns)
        untold = list(FailedWorkflow.objects.select_for_update().filter(told_at=None).order_by("closed_at", "pk"))
        if untold:
            _tell(untold, at=now)
        LastLook.remember(NAME, now)
        if Notification.objects.unsent().exists():  # also those of a look that died before it woke the outbox
            transaction.on_commit(notifier.wake)
    return len(untold)


@async_to_sync
async def _ended_badly(*, since: datetime) -> dict[str, dict[str, object]]:
    """The columns of each, by its run's id. Ids and types hold no personal data."""
    client = await get_client()
    query = f'ExecutionStatus IN ("Failed", "TimedOut", "Terminated") AND CloseTime >= "{since.isoformat()}"'
    return {
        run.run_id: {
            "workflow_id": run.id,
            "workflow_type": run.workflow_type,
            "ended_as": ENDS[run.status],
            "closed_at": run.close_time,
        }
        async for run in client.list_workflows(query)
        if run.status in ENDS
    }


def _tell(workflows: list[FailedWorkflow], *, at: datetime) -> None:
    """One mail about all of them; the first are named in it, and all stand in the admin."""
    keys = [workflow.pk for workflow in workflows]
    data = {"count": len(keys), "workflows": keys[:NAMED_IN_A_MAIL]}
    mail(MailKind.WORKFLOWS_FAILED, to="operations", key=f"workflows:{keys[0]}-{keys[-1]}:{len(keys)}", data=data)
    FailedWorkflow.mark_told(keys, at)
