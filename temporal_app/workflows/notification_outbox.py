"""Emptying the outbox whenever somebody rings."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from temporal_app import policies
    from temporal_app.activities import notifications
    from temporal_app.messages import OutboxResult
    from temporal_app.policies import seconds


@workflow.defn
class NotificationOutboxWorkflow:
    """Sends what waits, tries again what could not be sent, and ends when nothing is left; a ring starts it anew."""

    @workflow.init
    def __init__(self) -> None:
        self._rung = False

    @workflow.run
    async def run(self) -> None:
        while True:
            self._rung = False
            result: OutboxResult = await workflow.execute_activity(
                notifications.send_notifications, **policies.SEND_MAIL
            )
            if not result.retry_in_seconds and not self._rung:
                return
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new()
            try:
                await workflow.wait_condition(lambda: self._rung, timeout=seconds(result.retry_in_seconds))
            except TimeoutError:
                continue

    @workflow.signal
    def ring(self) -> None:
        """There is new mail."""
        self._rung = True
