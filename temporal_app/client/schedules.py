"""Client functions to the schedules, for operators; the hourly payment check's where no other is named."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleHandle,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from orders.rules.refusals import Refusal
from temporal_app import names
from temporal_app.client.calls import Gone, accept_timeout, client_function, translated
from temporal_app.client.errors import Refused
from temporal_app.client.wanted_schedules import wanted as wanted_schedules
from temporal_app.codec import key_of
from temporal_app.connection import get_client

BATCH = names.PAYMENT_BATCH_SCHEDULE


@dataclass(frozen=True)
class ScheduleState:
    """How a schedule stands. `next_runs` are in UTC; `recent` holds ids of workflows it started, newest first."""

    exists: bool
    paused: bool = False
    note: str = ""
    every: timedelta | None = None
    runs: int = 0
    next_runs: tuple[datetime, ...] = ()
    recent: tuple[str, ...] = ()


async def _handle(name: str) -> ScheduleHandle:
    client = await get_client()
    return client.get_schedule_handle(name)


@client_function
async def sync_schedule(name: str = BATCH) -> str:
    """Make a schedule what this version wants; returns `created`, `updated` or `unchanged`.

    It changes what the schedule does and when; whether an operator has paused it, and why, is left alone.
    """
    client, wanted = await get_client(), wanted_schedules()[name]
    try:
        await client.create_schedule(name, wanted, rpc_timeout=accept_timeout())
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

    await (await _handle(name)).update(change, rpc_timeout=accept_timeout())
    return "updated" if changed else "unchanged"


async def _is_same(known: Schedule, wanted: Schedule) -> bool:
    client = await get_client()
    ours, theirs = wanted.action, known.action
    if not isinstance(ours, ScheduleActionStartWorkflow) or not isinstance(theirs, ScheduleActionStartWorkflow):
        return False
    arguments = await client.data_converter.encode(ours.args)
    return (
        (theirs.workflow, theirs.id, theirs.task_queue) == (ours.workflow, ours.id, ours.task_queue)
        and await _readable(client, theirs.args) == await _readable(client, arguments)
        and theirs.execution_timeout == ours.execution_timeout
        and _times(known) == _times(wanted)
        and (known.policy.overlap, known.policy.catchup_window) == (wanted.policy.overlap, wanted.policy.catchup_window)
    )


async def _readable(client: Client, arguments: Sequence[Any]) -> list[tuple[str | None, bytes]]:
    """Each argument's bytes, with the key that it is encrypted with: one of an old key is another one."""
    payloads = [argument for argument in arguments if isinstance(argument, Payload)]
    codec = client.data_converter.payload_codec
    plain = await codec.decode(payloads) if codec else payloads
    return [(key_of(payload), one.data) for payload, one in zip(payloads, plain, strict=True)]


def _times(schedule: Schedule) -> list[tuple[timedelta, timedelta]]:
    return [(one.every, one.offset or timedelta(0)) for one in schedule.spec.intervals]


@client_function
async def pause_schedule(name: str = BATCH, *, note: str) -> None:
    """Start nothing more until it is unpaused."""
    await _ask(name, lambda schedule: schedule.pause(note=note, rpc_timeout=accept_timeout()))


@client_function
async def unpause_schedule(name: str = BATCH, *, note: str) -> None:
    """Go on as scheduled."""
    await _ask(name, lambda schedule: schedule.unpause(note=note, rpc_timeout=accept_timeout()))


@client_function
async def trigger_schedule(name: str = BATCH) -> None:
    """Start what is scheduled now, unless it is running."""
    await _ask(name, lambda schedule: schedule.trigger(rpc_timeout=accept_timeout()))


@client_function
async def delete_schedule(name: str = BATCH) -> None:
    """Remove the schedule; what is running goes on."""
    await _ask(name, lambda schedule: schedule.delete(rpc_timeout=accept_timeout()))


async def _ask(name: str, action: Callable[[ScheduleHandle], Awaitable[None]]) -> None:
    """Do something with the schedule.

    :raises Refused: there is none
    """
    try:
        with translated():
            await action(await _handle(name))
    except Gone:
        raise Refused(Refusal.NO_SCHEDULE, {"name": name}) from None


@client_function
async def describe_schedule(name: str = BATCH) -> ScheduleState:
    """How a schedule stands, also where there is none."""
    try:
        with translated():
            described = await (await _handle(name)).describe(rpc_timeout=accept_timeout())
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
