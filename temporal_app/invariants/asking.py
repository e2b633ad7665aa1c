"""What Temporal is asked about workflows: which run, what one says of itself, and what one has under way."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from orders.rules.invariants import OrderFace, Standing
from temporal_app import names
from temporal_app.messages import OrderState

WITHIN = timedelta(seconds=10)  # a call; then it is another finding, and the next one's turn
PAGE = 200
RUNNING = "running"
PLAIN = re.compile(r"[\w.-]+")
STARTED, FIRED, CANCELLED = (
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_TIMER_FIRED,
    EventType.EVENT_TYPE_TIMER_CANCELED,
)


async def running_among(client: Client, ids: Sequence[str]) -> set[str]:
    """Which of these workflows run; a page at most."""
    quoted = ", ".join(f"'{one}'" for one in ids if PLAIN.fullmatch(one))
    if not quoted:
        return set()
    query = f"ExecutionStatus = 'Running' AND WorkflowId IN ({quoted})"
    return {one.id async for one in client.list_workflows(query, page_size=PAGE, rpc_timeout=WITHIN)}


async def running(client: Client, prefix: str) -> AsyncIterator[list[str]]:
    """The ids of all workflows that run and whose ids begin so, a page after the other."""
    query = f"ExecutionStatus = 'Running' AND WorkflowId STARTS_WITH '{prefix}'"
    pages = client.list_workflows(query, page_size=PAGE, rpc_timeout=WITHIN)
    while True:
        await pages.fetch_next_page()
        if pages.current_page:
            yield [one.id for one in pages.current_page]
        if not pages.next_page_token:
            return


async def status(client: Client, workflow_id: str) -> str:
    """How the latest run of a workflow stands: `running`, `terminated`, …; empty where Temporal knows of none."""
    described = await describe(client, workflow_id)
    return described.status.name.lower() if described and described.status is not None else ""


async def describe(client: Client, workflow_id: str) -> WorkflowExecutionDescription | None:
    """What Temporal knows about a workflow; None where it knows of none."""
    try:
        return await client.get_workflow_handle(workflow_id).describe(rpc_timeout=WITHIN)
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return None
        raise


async def face(client: Client, workflow_id: str) -> OrderFace:
    """What a saga says of its order.

    :raises RPCError, WorkflowQueryFailedError: nobody answers for it
    """
    saga = client.get_workflow_handle(workflow_id)
    state = await saga.query(names.GET_FULL_STATE, result_type=OrderState, rpc_timeout=WITHIN)
    return OrderFace(state.status, state.waiting_for, state.total, _unix(state.waiting_until))


def _unix(iso: str) -> float:
    return datetime.fromisoformat(iso).timestamp() if iso else 0.0


async def standing(client: Client, workflow_id: str, *, timers: bool = False) -> Standing | None:
    """What a workflow and its children have under way; `timers` reads their histories as well. None where it does not
    run."""
    described = await describe(client, workflow_id)
    if described is None or described.status != WorkflowExecutionStatus.RUNNING:
        return None
    raw = described.raw_description
    task = raw.pending_workflow_task.attempt if raw.HasField("pending_workflow_task") else 0
    mine = Standing(task, len(raw.pending_activities), await _timers(client, workflow_id) if timers else ())
    for child in raw.pending_children:
        theirs = await standing(client, child.workflow_id, timers=timers) or Standing()
        mine = Standing(
            max(mine.task_attempts, theirs.task_attempts),
            mine.activities + theirs.activities,
            (*(mine.timers or ()), *(theirs.timers or ())),
        )
    return mine


async def _timers(client: Client, workflow_id: str) -> tuple[float, ...]:
    """When the timers fire that a workflow waits for, in Unix seconds."""
    due: dict[int, float] = {}
    async for event in client.get_workflow_handle(workflow_id).fetch_history_events(rpc_timeout=WITHIN):
        if event.event_type == STARTED:
            wait = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
            due[event.event_id] = event.event_time.ToDatetime(UTC).timestamp() + wait.total_seconds()
        elif event.event_type == FIRED:
            due.pop(event.timer_fired_event_attributes.started_event_id, None)
        elif event.event_type == CANCELLED:
            due.pop(event.timer_canceled_event_attributes.started_event_id, None)
    return tuple(due.values())
