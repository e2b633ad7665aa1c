"""What Temporal knows about an order right now, for people who wonder why it waits. Reads, and changes nothing."""

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from django.conf import settings
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.failure.v1 import Failure
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from orders.rules import identifiers
from orders.rules.discretion import discreet
from temporal_app.client.calls import AWAY, client_function
from temporal_app.codec import Undecipherable
from temporal_app.connection import get_client
from temporal_app.messages import OrderState, PendingOperation
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from temporal_app.workflows.refund import RefundWorkflow

Answer = TypeVar("Answer")
STACK_TRACE = "__stack_trace"
OUR_FRAME = re.compile(r'File "(?:[^"]*/)?((?:orders|temporal_app)/[^"]+)", line (\d+), in \S+\n\s*(.*)')
LONGEST_ERROR = 1_000  # characters


@dataclass(frozen=True)
class PendingActivity:
    """An activity that has been begun and not finished.

    :param name: its type, e.g. `capture_payment`
    :param running: whether an attempt is being made right now; between two of them `next_attempt_at` says when
    :param attempt: which attempt it is, or will be; the first is 1
    :param last_error: what went wrong the last time, empty where nothing has
    """

    name: str
    running: bool
    attempt: int
    last_error: str = ""
    last_attempt_at: datetime | None = None
    next_attempt_at: datetime | None = None


@dataclass(frozen=True)
class WorkflowSeen:
    """One workflow of an order as Temporal's `describe` shows it.

    :param status: `RUNNING`, `COMPLETED`, `FAILED`, …
    :param task_attempt: which attempt the pending workflow task is; more than a few means that the code fails
    :param build_id: which version of the worker it runs on; empty where workers are not versioned
    """

    workflow_id: str
    status: str
    started_at: datetime
    activities: tuple[PendingActivity, ...] = ()
    task_attempt: int = 0
    build_id: str = ""

    @property
    def is_running(self) -> bool:
        return self.status == "RUNNING"


@dataclass(frozen=True)
class Inspection:
    """What Temporal says. What only a worker can answer is None where none did, or where nobody asked."""

    workflows: tuple[WorkflowSeen, ...] = ()
    operations: tuple[PendingOperation, ...] | None = None
    state: OrderState | None = None
    stack: tuple[str, ...] | None = None

    @property
    def activities(self) -> tuple[PendingActivity, ...]:
        """Of all workflows, the one tried most often first."""
        found = [activity for seen in self.workflows for activity in seen.activities]
        return tuple(sorted(found, key=lambda activity: -activity.attempt))


@client_function
async def inspect_order(number: str, *, closely: bool = False) -> Inspection:
    """How an order's workflows stand. Everything is asked at once, and together it takes no longer than
    `INSPECTED_WITHIN_SECONDS`.

    :param closely: ask the worker too: the saga's queries and its stack trace
    """
    async with asyncio.timeout(settings.INSPECTED_WITHIN_SECONDS):
        client = await get_client()
        ids = identifiers.order_saga(number), identifiers.approval("order", number), identifiers.fulfillment(number)
        described = asyncio.gather(*(_describe(client, workflow_id) for workflow_id in ids))
        seen, told = await asyncio.gather(described, _ask_worker(client, number) if closely else _ask_nobody())
    return replace(told, workflows=tuple(workflow for workflow in seen if workflow is not None))


@client_function
async def inspect_refund(refund_id: int) -> Inspection:
    """How the workflows of a refund in part stand, and the step that it is at; within the same time."""
    async with asyncio.timeout(settings.INSPECTED_WITHIN_SECONDS):
        client = await get_client()
        refund = client.get_workflow_handle_for(RefundWorkflow.run, identifiers.refund(refund_id))
        ids = identifiers.refund(refund_id), identifiers.approval("refund", str(refund_id))
        described = asyncio.gather(*(_describe(client, workflow_id) for workflow_id in ids))
        asked = _unless_silent(refund.query(RefundWorkflow.get_pending_operations, rpc_timeout=_patience()))
        seen, operations = await asyncio.gather(described, asked)
    return Inspection(
        workflows=tuple(workflow for workflow in seen if workflow is not None),
        operations=None if operations is None else tuple(operations),
    )


async def _ask_nobody() -> Inspection:
    return Inspection()


async def _ask_worker(client: Client, number: str) -> Inspection:
    saga = client.get_workflow_handle_for(OrderSagaWorkflow.run, identifiers.order_saga(number))
    operations, state, stack = await asyncio.gather(
        _unless_silent(saga.query(OrderSagaWorkflow.get_pending_operations, rpc_timeout=_patience())),
        _unless_silent(saga.query(OrderSagaWorkflow.get_full_state, rpc_timeout=_patience())),
        _unless_silent(saga.query(STACK_TRACE, result_type=str, rpc_timeout=_patience())),
    )
    return Inspection(
        operations=None if operations is None else tuple(operations),
        state=state,
        stack=None if stack is None else _our_frames(stack),
    )


def _our_frames(stack: str) -> tuple[str, ...]:
    """Where the workflow's own code stands, outermost first: `temporal_app/workflows/order_saga.py:61 await …`."""
    return tuple(dict.fromkeys(f"{file}:{line} {code}" for file, line, code in OUR_FRAME.findall(stack)))


async def _unless_silent(asked: Awaitable[Answer]) -> Answer | None:
    """The answer of a query; None where no worker gives one in time."""
    try:
        return await asyncio.wait_for(asked, _patience().total_seconds())
    except (TimeoutError, WorkflowQueryFailedError):
        return None
    except RPCError as error:
        if error.status in AWAY or error.status == RPCStatusCode.NOT_FOUND:
            return None
        raise


def _patience() -> timedelta:
    """How long one call may take: shorter than all together, so that what has been answered is shown."""
    return timedelta(seconds=0.8 * settings.INSPECTED_WITHIN_SECONDS)


async def _describe(client: Client, workflow_id: str) -> WorkflowSeen | None:
    try:
        told = await client.get_workflow_handle(workflow_id).describe(rpc_timeout=_patience())
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return None
        raise
    for pending in told.raw_description.pending_activities:
        await _make_readable(client, pending.last_failure)
    return _seen(told)


async def _make_readable(client: Client, failure: Failure) -> None:
    """Where keys are set, a failure's message is encrypted beside it; what cannot be read says so in its place."""
    convert, codec = client.data_converter, client.data_converter.payload_codec
    while True:
        if codec and failure.HasField("encoded_attributes"):
            try:
                (plain,) = await codec.decode([failure.encoded_attributes])
                failure.message = convert.payload_converter.from_payload(plain)["message"]
            except Undecipherable as unread:
                failure.message = str(unread)
        if not failure.HasField("cause"):
            return
        failure = failure.cause


def _seen(told: WorkflowExecutionDescription) -> WorkflowSeen:
    raw = told.raw_description
    return WorkflowSeen(
        workflow_id=told.id,
        status=told.status.name if told.status else "",
        started_at=told.start_time,
        activities=tuple(_activity(pending) for pending in raw.pending_activities),
        task_attempt=raw.pending_workflow_task.attempt if raw.HasField("pending_workflow_task") else 0,
        build_id=raw.workflow_execution_info.versioning_info.deployment_version.build_id,
    )


def _activity(pending: PendingActivityInfo) -> PendingActivity:
    return PendingActivity(
        name=pending.activity_type.name,
        running=pending.state == PendingActivityState.PENDING_ACTIVITY_STATE_STARTED,
        attempt=pending.attempt,
        last_error=_error(pending.last_failure) if pending.HasField("last_failure") else "",
        last_attempt_at=_moment(pending.last_attempt_complete_time),
        next_attempt_at=_moment(pending.next_attempt_schedule_time),
    )


def _error(failure: Failure) -> str:
    """A failure and its causes in one line: `ProviderUnavailable: no answer ← ReadTimeout: …`."""
    causes = []
    while True:
        kind = failure.application_failure_info.type
        causes.append(f"{kind}: {failure.message}" if kind else failure.message)
        if not failure.HasField("cause"):
            return discreet(" ← ".join(causes))[:LONGEST_ERROR]
        failure = failure.cause


def _moment(at: Timestamp) -> datetime | None:
    return at.ToDatetime(UTC) if at.seconds else None
