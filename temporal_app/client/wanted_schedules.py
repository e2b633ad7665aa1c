"""The schedules of the shop, as this version of it wants them: what runs by itself, and when."""

from datetime import timedelta
from typing import Any

from temporalio.client import (
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
)

from orders.rules import identifiers
from temporal_app import messages, names, policies
from temporal_app.workflows.batch_payment_check import BatchPaymentCheckWorkflow
from temporal_app.workflows.mirror_check import MirrorCheckWorkflow
from temporal_app.workflows.payment_event_sweep import PaymentEventSweepWorkflow
from temporal_app.workflows.reservation_sweep import ReservationSweepWorkflow
from temporal_app.workflows.retention import RetentionWorkflow
from temporal_app.workflows.workflow_watch import WorkflowWatchWorkflow

SCHEDULES = (
    names.PAYMENT_BATCH_SCHEDULE,
    names.PAYMENT_EVENT_SWEEP_SCHEDULE,
    names.WORKFLOW_WATCH_SCHEDULE,
    names.MIRROR_CHECK_SCHEDULE,
    names.RESERVATION_SWEEP_SCHEDULE,
    names.RETENTION_SCHEDULE,
)
CATCH_UP = timedelta(hours=2)


def _schedule(
    workflow: Any, *arguments: Any, id: str, every: timedelta, offset: timedelta = timedelta(0), **options: Any
) -> Schedule:
    """Start a workflow of the payment checks' queue `every` so often, `offset` after midnight (UTC)."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            workflow, args=arguments, id=id, task_queue=names.PAYMENT_CHECKS_QUEUE, **options
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every, offset=offset)]),
        # one that is still running goes over everything anyway
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=CATCH_UP),
    )


def wanted() -> dict[str, Schedule]:
    """All schedules by name."""
    return {
        names.PAYMENT_BATCH_SCHEDULE: _schedule(
            BatchPaymentCheckWorkflow.run,
            messages.BatchInput(),
            id=identifiers.SCHEDULED_BATCH,
            every=policies.CHECK_EVERY,
            execution_timeout=policies.LONGEST_CHECK,
        ),
        names.PAYMENT_EVENT_SWEEP_SCHEDULE: _schedule(
            PaymentEventSweepWorkflow.run,
            0,
            id=identifiers.PAYMENT_EVENT_SWEEP,
            every=policies.SWEEP_EVERY,
            execution_timeout=policies.SWEEP_WITHIN,
        ),
        names.RESERVATION_SWEEP_SCHEDULE: _schedule(
            ReservationSweepWorkflow.run,
            id=identifiers.RESERVATION_SWEEP,
            every=policies.SWEEP_EVERY,
            execution_timeout=policies.SWEEP_WITHIN,
        ),
        names.WORKFLOW_WATCH_SCHEDULE: _schedule(
            WorkflowWatchWorkflow.run,
            id=identifiers.WORKFLOW_WATCH,
            every=policies.WATCH_EVERY,
            execution_timeout=policies.WATCH_WITHIN,
        ),
        names.MIRROR_CHECK_SCHEDULE: _schedule(
            MirrorCheckWorkflow.run,
            messages.MirrorCheckInput(),
            id=identifiers.SCHEDULED_MIRROR_CHECK,
            every=policies.MIRROR_CHECK_EVERY,
            offset=policies.MIRROR_CHECK_AT,
            execution_timeout=policies.MIRROR_CHECK_WITHIN,
        ),
        names.RETENTION_SCHEDULE: _schedule(
            RetentionWorkflow.run,
            id=identifiers.RETENTION,
            every=policies.RETENTION_EVERY,
            offset=policies.RETENTION_AT,
            execution_timeout=policies.RETENTION_WITHIN,
        ),
    }
