"""Client functions to the schedule of the hourly payment check, for operators."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio.client import (
    Schedule,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleHandle,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from orders.rules import identifiers
from orders.rules.refusals import Refusal
from temporal_app import messages, names, policies
from temporal_app.client.calls import Gone, accept_timeout, client_function, translated
from temporal_app.client.errors import Refused
from temporal_app.connection import get_client
from temporal_app.workflows.batch_payment_check import BatchPaymentCheckWorkflow

CATCH_UP = timedelta(hours=2)


@dataclass(frozen=True)
class ScheduleState:
    """How the schedule stands. `next_runs` are in UTC; `recent` holds ids of workflows it started, newest first."""

    exists: bool
    paused: bool = False
    note: str = ""
    every: timedelta | None = None
    runs: int = 0
    next_runs: tuple[datetime, ...] = ()
    recent: tuple[str, ...] = ()


def _wanted() -> Schedule:
    """The schedule as this version of the shop wants it: what it does and when. Its pause belongs to operators."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            BatchPaymentCheckWorkflow.run,
            messages.BatchInput(),
            id=identifiers.SCHEDULED_BATCH,
            task_queue=names.PAYMENT_CHECKS_QUEUE,
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=policies.CHECK_EVERY)]),
        # a check that is still running goes over all orders anyway
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=CATCH_UP),
    )


async def _handle() -> ScheduleHandle:
    client = await get_client()
    return client.get_schedule_handle(names.PAYMENT_BATCH_SCHEDULE)


@client_function
async def sync_schedule() -> str:
    """Make the schedule what this version wants; returns `created`, `updated` or `unchanged`.

    It changes what the schedule does and when; whether an operator has paused it, and why, is left alone.
    """
    client, wanted = await get_client(), _wanted()
    try:
        await client.create_schedule(names.PAYMENT_BATCH_SCHEDULE, wanted, rpc_timeout=accept_timeout())
        return "created"
    except ScheduleAlreadyRunningError:
        pass
    changed = False

    async def change(current: ScheduleUpdateInput) -> ScheduleUpdate | None:
        nonlocal changed
        known = current.description.schedule
        changed = not await _is_same(known, wanted)
        known.action, known.spec, known.policy = wanted.action, wanted.spec, wanted.policy
        return ScheduleUpdate(known) if changed else None

    await (await _handle()).update(change, rpc_timeout=accept_timeout())
    return "updated" if changed else "unchanged"


async def _is_same(known: Schedule, wanted: Schedule) -> bool:
    client = await get_client()
    ours, theirs = wanted.action, known.action
    if not isinstance(ours, ScheduleActionStartWorkflow) or not isinstance(theirs, ScheduleActionStartWorkflow):
        return False
    arguments = await client.data_converter.encode(ours.args)
    known_arguments = [getattr(one, "data", None) for one in theirs.args]
    return (
        (theirs.workflow, theirs.id, theirs.task_queue) == (ours.workflow, ours.id, ours.task_queue)
        and known_arguments == [payload.data for payload in arguments]
        and [interval.every for interval in known.spec.intervals] == [policies.CHECK_EVERY]
        and (known.policy.overlap, known.policy.catchup_window) == (wanted.policy.overlap, wanted.policy.catchup_window)
    )


@client_function
async def pause_schedule(*, note: str) -> None:
    """Start no more checks until it is unpaused."""
    await _ask(lambda schedule: schedule.pause(note=note, rpc_timeout=accept_timeout()))


@client_function
async def unpause_schedule(*, note: str) -> None:
    """Start checks again."""
    await _ask(lambda schedule: schedule.unpause(note=note, rpc_timeout=accept_timeout()))


@client_function
async def trigger_schedule() -> None:
    """Start a check now, unless one is running."""
    await _ask(lambda schedule: schedule.trigger(rpc_timeout=accept_timeout()))


@client_function
async def delete_schedule() -> None:
    """Remove the schedule; checks that are running go on."""
    await _ask(lambda schedule: schedule.delete(rpc_timeout=accept_timeout()))


async def _ask(action: Callable[[ScheduleHandle], Awaitable[None]]) -> None:
    """Do something with the schedule.

    :raises Refused: there is none
    """
    try:
        with translated():
            await action(await _handle())
    except Gone:
        raise Refused(Refusal.NO_SCHEDULE) from None


@client_function
async def describe_schedule() -> ScheduleState:
    """How the schedule stands, also where there is none."""
    try:
        with translated():
            described = await (await _handle()).describe(rpc_timeout=accept_timeout())
    except Gone:
        return ScheduleState(exists=False)
    intervals = described.schedule.spec.intervals
    started = [one.action for one in reversed(described.info.recent_actions)]
    recent = [one.workflow_id for one in started if isinstance(one, ScheduleActionExecutionStartWorkflow)]
    return ScheduleState(
        exists=True,
        paused=described.schedule.state.paused,
        note=described.schedule.state.note or "",
        every=intervals[0].every if intervals else None,
        runs=described.info.num_actions,
        next_runs=tuple(described.info.next_action_times),
        recent=tuple(recent),
    )
