"""How a workflow takes a step: an activity of ours, a call of somebody else, a child, a message to another workflow."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from temporal_app import policies
    from temporal_app.policies import Options

Message = TypeVar("Message")
Answer = TypeVar("Answer")
Workflow = TypeVar("Workflow")

# The database is away, or Temporal does not let the outbox be woken.
INFRASTRUCTURE_ERRORS = {"OperationalError", "InterfaceError", "NotConnected", "RPCError"}


async def record(activity: Callable[[Message], Answer], message: Message) -> Answer:
    """Write our own database: a local activity, which costs one event, and is repeated until the database is there."""
    return await workflow.execute_local_activity(activity, message, **policies.RECORD)


async def record_durably(activity: Callable[[Message], Answer], message: Message) -> Answer:
    """Write our own database in an ordinary activity, which begins once the message that asks for it is kept.

    For what an update does first, and for what depends on who came first; see `policies.RECORD_DURABLY`.
    """
    return await workflow.execute_activity(activity, message, **policies.RECORD_DURABLY)


def is_cancelled() -> bool:
    """Whether Temporal has been asked to cancel this workflow."""
    return workflow.cancellation_reason() is not None


async def call_provider(
    activity: Callable[[Message], Answer],
    message: Message,
    options: Options = policies.CALL_PROVIDER,
    *,
    stopped: Callable[[], bool] = lambda: False,
) -> Answer:
    """Call somebody else: an ordinary activity, so that its attempts are seen from outside.

    The attempts that `options` allow are meant for the provider: where the last one failed because of our own
    infrastructure, they are counted anew, for as long as it takes, or until `stopped`.
    """
    while True:
        try:
            return await workflow.execute_activity(activity, message, **options)
        except ActivityError as failure:
            ours = isinstance(failure.cause, ApplicationError) and failure.cause.type in INFRASTRUCTURE_ERRORS
            if stopped() or not ours:
                raise


async def start_child(
    run: Callable[[Workflow, Message], Awaitable[Answer]],
    message: Message,
    *,
    id: str,
    execution_timeout: timedelta | None = None,
    stopped: Callable[[], bool] = is_cancelled,
) -> workflow.ChildWorkflowHandle[Workflow, Answer]:
    """Start a child. A cancellation on the way would look for a workflow that is not there yet, and be lost; so it is
    passed on when there is one: to a child that has started, if we are `stopped` by then."""
    child = await unstoppable(workflow.start_child_workflow(run, message, id=id, execution_timeout=execution_timeout))
    if stopped():
        child.cancel()
    return child


async def tell(
    other: workflow.ChildWorkflowHandle[Workflow, Any] | workflow.ExternalWorkflowHandle[Workflow],
    signal: Callable[[Workflow, Message], Awaitable[None] | None],
    message: Message,
) -> bool:
    """Signal another workflow, which may be a child; False where it has ended and cannot hear any more."""
    try:
        await other.signal(signal, message)
    except FailureError:
        return False
    return True


def stop_if_cancelled() -> None:
    """What was under way when a cancellation came has been waited for, and has ended as if nothing had happened.

    :raises asyncio.CancelledError: the workflow has been asked to stop
    """
    if is_cancelled():
        raise asyncio.CancelledError


async def unstoppable(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Carry something through to its end, although the workflow is cancelled meanwhile."""
    task = asyncio.create_task(work)
    while True:
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.done():
                return task.result()
