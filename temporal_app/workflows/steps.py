"""How a workflow takes a step: an activity of ours, a call of somebody else, a child, a message to another workflow."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import exceptions, workflow
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError, FailureError

with workflow.unsafe.imports_passed_through():
    from orders.rules.refusals import Refusal
    from temporal_app import names, policies
    from temporal_app.failures import NO_ANSWER
    from temporal_app.policies import Options

Message = TypeVar("Message")
Answer = TypeVar("Answer")
Workflow = TypeVar("Workflow")

# Orders on their way remember how their steps were taken. Before this patch, a provider's attempts were used up by
# whatever failed, but for these types, and a call in an update was not given up when its order was cancelled.
ONLY_ANSWERS_COUNT = "only-answers-count"
WAITED_FOR_BEFORE = {"OperationalError", "InterfaceError", "NotConnected", "RPCError"}


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
    whom: str = "",
    until: float | None = None,
    too_late: str = "payment_deadline",
    stopped: Callable[[], bool] = lambda: False,
) -> Answer:
    """Call somebody else: an ordinary activity, so that its attempts are seen from outside.

    Two things are their answer: what the activity returns, and what it declares as their refusal. Nothing else says
    anything about them: a call that nobody answers is made again until `until` (Unix time), and where the last that
    was heard was trouble of our own (a database, a worker, a bug), beyond it. A call is given up once `stopped`.

    :param whom: who is called: each has a queue with slots of its own, where a call waits before its time runs. Empty
        for what calls nobody, and runs on the queue of this workflow.
    :param too_late: what it is called where the call has waited in our own queue until then, and nobody was asked
    :raises ActivityError: it was refused (`is_refusal`), or given up
    :raises ApplicationError: `Refusal.NO_ANSWER`: they did not answer until then; or `too_late`
    """
    at_least = policies.ONE_TRY
    while True:
        left = None if until is None else max(policies.seconds(until - workflow.time()), at_least)
        try:
            return await _call(activity, message, options, whom, left, stopped)
        except ActivityError as failure:
            if stopped() or is_refusal(failure) or isinstance(failure.cause, CancelledError):
                raise
            if _is_our_own(failure):
                at_least = policies.OWN_TROUBLE
                continue
            if until is None:
                raise
            end = too_late if _was_never_made(failure) else Refusal.NO_ANSWER
            raise ApplicationError(str(failure.cause), {}, type=end, non_retryable=True) from None


async def _call(
    activity: Callable[[Message], Answer],
    message: Message,
    options: Options,
    whom: str,
    left: timedelta | None,
    stopped: Callable[[], bool],
) -> Answer:
    queue = names.calls_queue(whom) if whom else None
    call = workflow.start_activity(activity, message, **options, task_queue=queue, schedule_to_close_timeout=left)
    giving_up = asyncio.create_task(_give_up(call, stopped))
    try:
        return await call
    finally:
        giving_up.cancel()


async def _give_up(call: workflow.ActivityHandle[Answer], stopped: Callable[[], bool]) -> None:
    await workflow.wait_condition(stopped)
    if workflow.patched(ONLY_ANSWERS_COUNT):
        call.cancel()


def is_refusal(failure: ActivityError, *, kind: str = "") -> bool:
    """Whether somebody said no (for this reason), rather than nothing: activities declare refusals, and nothing else,
    as final."""
    cause = failure.cause
    return isinstance(cause, ApplicationError) and cause.non_retryable and kind in ("", cause.type)


def _was_never_made(failure: ActivityError) -> bool:
    """Whether a call found no place in our own queue, at its first attempt."""
    cause = failure.cause
    if not isinstance(cause, exceptions.TimeoutError) or cause.cause is not None:
        return False
    return cause.type == exceptions.TimeoutType.SCHEDULE_TO_START


def _is_our_own(failure: ActivityError) -> bool:
    """Whether an activity failed, but not for want of an answer."""
    cause = failure.cause
    if not isinstance(cause, ApplicationError) or cause.type in NO_ANSWER:
        return False
    return cause.type in WAITED_FOR_BEFORE or workflow.patched(ONLY_ANSWERS_COUNT)


async def start_child(
    run: Callable[[Workflow, Message], Awaitable[Answer]],
    message: Message,
    *,
    id: str,
    execution_timeout: timedelta | None = None,
    stopped: Callable[[], bool] = is_cancelled,
    parent_close_policy: workflow.ParentClosePolicy = workflow.ParentClosePolicy.TERMINATE,
) -> workflow.ChildWorkflowHandle[Workflow, Answer]:
    """Start a child. A cancellation on the way would look for a workflow that is not there yet, and be lost; so it is
    passed on when there is one: to a child that has started, if we are `stopped` by then."""
    child = await unstoppable(
        workflow.start_child_workflow(
            run, message, id=id, execution_timeout=execution_timeout, parent_close_policy=parent_close_policy
        )
    )
    if stopped():
        child.cancel()
    return child


async def tell(
    other: workflow.ChildWorkflowHandle[Workflow, Any] | workflow.ExternalWorkflowHandle[Workflow],
    signal: Callable[[Workflow, Message], Awaitable[None] | None] | str,
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
