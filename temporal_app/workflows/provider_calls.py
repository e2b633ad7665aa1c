"""Asking somebody else, whose patience is not used up by what is out of order at our own place."""

from collections.abc import Callable
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from temporal_app.policies import Options

# The database is away, or Temporal does not let the outbox be woken.
INFRASTRUCTURE_ERRORS = {"OperationalError", "InterfaceError", "NotConnected", "RPCError"}


async def call(
    activity: Callable[[Any], Any], message: Any, options: Options, *, stopped: Callable[[], bool] = lambda: False
) -> Any:
    """Execute an activity that calls somebody else.

    The attempts that `options` allow are meant for them: where the last one failed because of us, they are counted
    anew, for as long as it takes, or until `stopped`.
    """
    while True:
        try:
            return await workflow.execute_activity(activity, message, **options)
        except ActivityError as failure:
            if (
                stopped()
                or not isinstance(failure.cause, ApplicationError)
                or failure.cause.type not in INFRASTRUCTURE_ERRORS
            ):
                raise
