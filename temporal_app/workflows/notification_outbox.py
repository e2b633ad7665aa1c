"""Emptying the outbox whenever it is woken; `temporal_app.activities.outbox` does that."""

from contextlib import suppress

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from temporal_app import names, policies
    from temporal_app.activities import notifications
    from temporal_app.policies import seconds


@workflow.defn(name=names.NOTIFICATION_OUTBOX_WORKFLOW)
class NotificationOutboxWorkflow:
    """Sends what waits, tries again what could not be sent, and ends when nothing is left; a wake starts it anew.

    A process wakes it for the first of its mails in a second and not for the others. So having been woken it looks
    twice: at once, and again when all of those are there.
    """

    @workflow.init
    def __init__(self) -> None:
        self._woken = True

    @workflow.run
    async def run(self) -> None:
        while True:
            woken, self._woken = self._woken, False
            result = await workflow.execute_activity(
                notifications.send_notifications, task_queue=names.MAIL_QUEUE, **policies.SEND_MAIL
            )
            if not (woken or self._woken or result.retry_in_seconds):
                return
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new()
            pause = policies.OUTBOX_LOOKS_AGAIN if woken else seconds(result.retry_in_seconds)
            with suppress(TimeoutError):
                await workflow.wait_condition(lambda: self._woken, timeout=pause)

    @workflow.signal(name=names.WAKE)
    def wake(self) -> None:
        """There is new mail."""
        self._woken = True
