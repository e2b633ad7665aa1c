"""How a client function talks to Temporal: bounded in time, with its errors turned into ours."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import uuid4

from asgiref.sync import async_to_sync
from django.conf import settings
from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateHandle,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.workflow import UpdateMethodMultiParam

from orders.rules.refusals import Refusal
from temporal_app.client.errors import Refused, StillWorking, Unavailable
from temporal_app.codec import Undecipherable
from temporal_app.connection import NotConnected, get_client

log = logging.getLogger(__name__)

Parameters = ParamSpec("Parameters")
Message = TypeVar("Message")
Answer = TypeVar("Answer")

DROPPED_PAUSE = 0.1
# What a row asks for is carried out once; only what was broken off may be started again.
UNLESS_DONE = WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY
AWAY = {
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.RESOURCE_EXHAUSTED,
    RPCStatusCode.FAILED_PRECONDITION,
    # the connection broke while the answer was on its way
    RPCStatusCode.UNKNOWN,
    RPCStatusCode.INTERNAL,
}


def accept_timeout() -> timedelta:
    """How long a client function waits until Temporal has taken what it asks for."""
    return timedelta(seconds=settings.ACCEPTED_WITHIN_SECONDS)


class Gone(Exception):
    """The workflow asked for does not exist, or has ended and takes no messages any more."""


def client_function(ask: Callable[Parameters, Awaitable[Answer]]) -> Callable[Parameters, Answer]:
    """A client function: may be called from any thread that runs no event loop, and raises `Refused` or `Unavailable`
    only."""

    async def ask_and_translate(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        with translated():
            return await ask(*args, **kwargs)

    @wraps(ask)
    def ask_now(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        return async_to_sync(ask_and_translate)(*args, **kwargs)

    return ask_now


@contextmanager
def translated() -> Iterator[None]:
    """Turn what Temporal raises inside into what a client function says."""
    try:
        yield
    except WorkflowUpdateFailedError as failed:
        refused = Refused.of(failed.cause)
        if refused.code == Refusal.UNKNOWN:
            log.warning("an update failed for a reason that is no rule", exc_info=failed)
        raise refused from failed
    except (NotConnected, WorkflowUpdateRPCTimeoutOrCancelledError, TimeoutError) as away:
        raise Unavailable from away
    except WorkflowAlreadyStartedError as started:
        raise Gone from started
    except Undecipherable as unread:  # it was done, as far as anybody can tell here
        log.error("an answer of Temporal cannot be read: %s", unread)
        raise StillWorking from unread
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            raise Gone from error
        if error.status in AWAY:
            log.warning("Temporal does not answer: %s", error)
            raise Unavailable from error
        raise


async def answer_of(update: WorkflowUpdateHandle[Answer], within: timedelta | None = None) -> Answer | None:
    """The answer of an accepted update, or None where it is still being worked on after `within`.

    :param within: `ANSWERED_WITHIN_SECONDS` where nothing is said
    """
    seconds = settings.ANSWERED_WITHIN_SECONDS if within is None else within.total_seconds()
    try:
        return await asyncio.wait_for(update.result(), seconds)
    except (WorkflowUpdateRPCTimeoutOrCancelledError, TimeoutError):
        return None


async def send_update(
    workflow_id: str,
    update: UpdateMethodMultiParam[[Any, Message], Answer],
    message: Message,
    *,
    request_id: str = "",
    within: timedelta | None = None,
) -> Answer | None:
    """Send an update to a running workflow.

    :param request_id: the same request sent twice is carried out once
    :returns: its answer, or None where it was accepted but is still being worked on after `within`
    :raises Gone: there is no such workflow, or it has ended
    """
    with translated():
        client = await get_client()
        workflow = client.get_workflow_handle(workflow_id)
        return await answer_of(await _accepted(workflow, update, message, request_id or uuid4().hex), within)


async def _accepted(
    workflow: WorkflowHandle[Any, Any],
    update: UpdateMethodMultiParam[[Any, Message], Answer],
    message: Message,
    id: str,
) -> WorkflowUpdateHandle[Answer]:
    """Have an update accepted. One that a workflow task let fall is sent again, the same: that task came to nothing
    because something else had arrived meanwhile, as happens when a workflow is about to end."""
    clock = asyncio.get_running_loop().time
    until = clock() + settings.ACCEPTED_WITHIN_SECONDS
    while True:
        try:
            return await workflow.start_update(
                update,
                message,
                id=id,
                wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                rpc_timeout=timedelta(seconds=max(until - clock(), DROPPED_PAUSE)),  # a busy machine oversleeps
            )
        except RPCError as error:
            if error.status != RPCStatusCode.FAILED_PRECONDITION or clock() + DROPPED_PAUSE > until:
                raise
            await asyncio.sleep(DROPPED_PAUSE)


async def start_once(workflow: Any, *args: Any, id: str, task_queue: str, **options: Any) -> bool:
    """Start a workflow; returns False where one of this id runs or has run before."""
    client: Client = await get_client()
    try:
        await client.start_workflow(
            workflow, args=args, id=id, task_queue=task_queue, rpc_timeout=accept_timeout(), **options
        )
    except WorkflowAlreadyStartedError:
        log.info("%s had been started before", id)
        return False
    return True


async def ended(workflow_id: str) -> bool:
    """Wait for a short workflow; False where it is still at work after a while, or did not end well."""
    client = await get_client()
    try:
        await asyncio.wait_for(client.get_workflow_handle(workflow_id).result(), settings.ANSWERED_WITHIN_SECONDS)
    except (TimeoutError, WorkflowFailureError):
        return False
    return True
