"""The floor: a saga of the same shape as an order's, whose steps do nothing."""

from datetime import timedelta

from temporalio import activity, workflow

PATIENCE = timedelta(seconds=30)


@activity.defn
def nothing(step: str) -> None:
    """A step that does nothing."""


@workflow.defn
class NoopFulfillment:
    """One provider call, a message, two steps of our own."""

    @workflow.init
    def __init__(self, number: str) -> None:
        self._shipped = self._delivered = False

    @workflow.run
    async def run(self, number: str) -> None:
        await workflow.execute_activity(nothing, "schedule", start_to_close_timeout=PATIENCE)
        await workflow.wait_condition(lambda: self._shipped, timeout=timedelta(days=30))
        await workflow.execute_local_activity(nothing, "shipped", start_to_close_timeout=PATIENCE)
        await workflow.wait_condition(lambda: self._delivered, timeout=timedelta(days=3))
        await workflow.execute_local_activity(nothing, "delivered", start_to_close_timeout=PATIENCE)

    @workflow.signal
    def mark_shipped(self) -> None:
        """The parcel has left."""
        self._shipped = True

    @workflow.signal
    def mark_delivered(self) -> None:
        """The parcel has arrived."""
        self._delivered = True


@workflow.defn
class NoopSaga:
    """Reserve, hold, wait for the money, capture, fulfil, confirm."""

    @workflow.init
    def __init__(self, number: str) -> None:
        self._paid = self._shipped = False
        self._waiting_for = ""

    @workflow.run
    async def run(self, number: str) -> str:
        await workflow.execute_local_activity(nothing, "reserve", start_to_close_timeout=PATIENCE)
        await workflow.execute_activity(nothing, "hold", start_to_close_timeout=PATIENCE)
        await workflow.wait_condition(lambda: self._paid, timeout=timedelta(days=14))
        await workflow.execute_activity(nothing, "capture", start_to_close_timeout=PATIENCE)
        child = await workflow.start_child_workflow(NoopFulfillment.run, number, id=f"noop-fulfillment-{number}")
        self._waiting_for = "shipment"
        await workflow.wait_condition(lambda: self._shipped)
        await child.signal(NoopFulfillment.mark_shipped)
        self._waiting_for = "delivery"
        await child
        await workflow.execute_local_activity(nothing, "complete", start_to_close_timeout=PATIENCE)
        return "delivered"

    @workflow.signal
    def confirm_payment(self) -> None:
        """The money is there."""
        self._paid = True

    @workflow.signal
    def mark_shipped(self) -> None:
        """The parcel has left."""
        self._shipped = True

    @workflow.query
    def get_progress(self) -> dict[str, str]:
        """What it waits for."""
        return {"waiting_for": self._waiting_for}
