"""Money that a person sends back: once, and only the provider says that it cannot be."""

from collections.abc import Callable

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from orders.rules.refusals import Refusal
    from temporal_app import policies
    from temporal_app.activities.payments import PROVIDER_REFUSALS
    from temporal_app.workflows import steps


async def send_once(
    send: Callable[[int], None], key: int, *, note_unknown: Callable[[int], None], task_queue: str
) -> None:
    """Have money sent back. Whatever comes between but a refusal, its outcome is not known: that is noted, and looked
    up until it is.

    :param key: of the row that asks for it
    :raises ActivityError: it was refused, or broken off
    """
    try:
        await workflow.execute_activity(send, key, task_queue=task_queue, **policies.SEND_BACK)
    except ActivityError as failure:
        if is_cancelled_exception(failure) or refusal_in(failure):
            raise
        await steps.record(note_unknown, key)
        await workflow.execute_activity(send, key, task_queue=task_queue, **policies.SETTLE)


def refusal_in(
    failure: BaseException | None, provider: Refusal = Refusal.CANNOT_SEND_BACK
) -> tuple[str, dict[str, str]] | None:
    """The code of the rule that forbids it and the words of its sentence; None where nobody has said no.

    :param provider: the code where it was the provider who did
    """
    while isinstance(failure, FailureError):
        if isinstance(failure, ApplicationError) and failure.type in list(Refusal):
            return str(failure.type), failure.details[0] if failure.details else {}
        if isinstance(failure, ApplicationError) and failure.type in PROVIDER_REFUSALS.values():
            return provider, {}
        failure = failure.cause
    return None
