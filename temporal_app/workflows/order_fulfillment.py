"""From a paid order to the doorstep."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from orders.rules.refusals import Refusal, RuleBroken
    from orders.rules.status import OrderStatus
    from temporal_app import names, policies
    from temporal_app.activities import shipping
    from temporal_app.failures import refusing
    from temporal_app.messages import (
        ChildEnd,
        DeliveryInfo,
        FulfillmentInput,
        LateShipment,
        OrderStep,
        Shipped,
        ShippingInfo,
    )
    from temporal_app.policies import seconds
    from temporal_app.workflows import steps
    from temporal_app.workflows.children import EndReport


@workflow.defn
class OrderFulfillmentWorkflow:
    """Books the parcel and waits until it has left and arrived; a child of the saga, which hands on what is reported.

    Cancelled, or unable to book, it ends, and the saga takes the booking back; but once a person said that the parcel
    left, it left, and nothing stops it any more.
    """

    @workflow.init
    def __init__(self, fulfillment: FulfillmentInput) -> None:
        self._fulfillment = fulfillment
        self._number = fulfillment.number
        self._shipped = fulfillment.shipped
        self._delivered: DeliveryInfo | None = None
        self._asked = self._done = False
        self._report = EndReport()

    @workflow.run
    async def run(self, fulfillment: FulfillmentInput) -> str:
        try:
            status = await self._fulfil()
        except (FailureError, asyncio.CancelledError) as failure:
            await self._report.send_failure(failure)
            raise
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._report.send(ChildEnd(workflow.info().run_id))
        return status

    async def _fulfil(self) -> str:
        try:
            if self._fulfillment.shipped is None:
                await self._schedule_shipping()
                await self._wait_for_shipment()
        except (FailureError, asyncio.CancelledError):
            if self._shipped is None:
                raise
        return await steps.unstoppable(self._deliver())

    async def _schedule_shipping(self) -> None:
        step = OrderStep(self._number, until=self._after(self._fulfillment.shipment_seconds))
        await steps.call_provider(
            shipping.schedule_shipping,
            step,
            whom=names.CARRIER,
            until=step.until,
            too_late="shipment_deadline",
            stopped=steps.is_cancelled,
        )

    async def _wait_for_shipment(self) -> None:
        """Wait, and alert operations each time the deadline passes; after the last alert the order is undone."""
        deadline = seconds(self._fulfillment.shipment_seconds)
        for alert in range(1, policies.LATE_SHIPMENT_ALERTS):
            steps.stop_if_cancelled()
            try:
                await workflow.wait_condition(lambda: self._shipped is not None, timeout=deadline)
                return
            except TimeoutError:
                until = self._after(self._fulfillment.shipment_seconds)
                late = LateShipment(self._number, alert, until)
                await steps.record(shipping.report_late_shipment, late)
        steps.stop_if_cancelled()
        try:
            await workflow.wait_condition(lambda: self._shipped is not None, timeout=deadline)
        except TimeoutError:
            raise ApplicationError("never shipped", type="shipment_deadline", non_retryable=True) from None

    async def _deliver(self) -> str:
        await self._record_shipped()
        await self._wait_for_delivery()
        await self._record_delivered()
        return OrderStatus.DELIVERED

    async def _record_shipped(self) -> None:
        assert self._shipped is not None
        shipped = Shipped(self._number, self._shipped, until=self._after(self._fulfillment.delivery_after_seconds))
        await steps.record(shipping.record_shipped, shipped)

    async def _wait_for_delivery(self) -> None:
        """Until told, or as long as a parcel takes."""
        try:
            await workflow.wait_condition(
                lambda: self._delivered is not None, timeout=seconds(self._fulfillment.delivery_after_seconds)
            )
        except TimeoutError:
            self._delivered = DeliveryInfo()

    async def _record_delivered(self) -> None:
        assert self._delivered is not None
        step = OrderStep(self._number, by=self._delivered.by)
        # what an update asks for is in the history before it is in the database: docs/decisions/04 and 09
        if self._asked and workflow.patched("parcel-arrived-durably"):
            await steps.record_durably(shipping.record_delivered, step)
        else:
            await steps.record(shipping.record_delivered, step)
        self._done = True

    @workflow.signal
    def mark_shipped(self, shipping_info: ShippingInfo) -> None:
        """The parcel has left, the saga passes on; the first report counts."""
        self._shipped = self._shipped or shipping_info

    @workflow.signal
    def mark_delivered(self, delivery: DeliveryInfo) -> None:
        """The parcel has arrived, reports a machine; heard only after it left."""
        if self._shipped is not None:
            self._delivered = self._delivered or delivery

    @workflow.signal
    def report_end(self, _nothing: None = None) -> None:
        """The saga goes on in a new run, which Temporal does not tell how this ends."""
        self._report.wanted = True

    @workflow.update
    async def deliver(self, delivery: DeliveryInfo) -> str:
        """The parcel has arrived, says a person; returns the order's status, once that is written down."""
        self._asked, self._delivered = True, self._delivered or delivery
        await workflow.wait_condition(lambda: self._done)
        return OrderStatus.DELIVERED

    @deliver.validator
    def check_deliver(self, delivery: DeliveryInfo) -> None:
        """Only what has left."""
        with refusing():
            if self._shipped is None:
                params = {"what": self._number, "status": OrderStatus.PAID, "target": OrderStatus.DELIVERED}
                raise RuleBroken(Refusal.ILLEGAL_TRANSITION, **params)

    def _after(self, duration: int) -> float:
        """The Unix time `duration` seconds from now."""
        return workflow.time() + duration
