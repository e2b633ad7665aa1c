"""One run of an order's saga: the child it waits for, and when and with what the next run goes on."""

from asyncio import CancelledError, Lock
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from orders.rules import identifiers
    from orders.rules.refusals import Refusal, RuleBroken
    from orders.rules.status import OrderStatus, WaitingFor
    from temporal_app import policies
    from temporal_app.activities import payment_deadlines, payments
    from temporal_app.messages import (
        ApprovalResult,
        ChildEnd,
        FulfillmentInput,
        OrderStep,
        PaymentExtension,
        ShippingInfo,
    )
    from temporal_app.workflows import steps
    from temporal_app.workflows.approval import ApprovalWorkflow
    from temporal_app.workflows.children import SagaChild, approval_in, delivered, was_taken_away
    from temporal_app.workflows.order_fulfillment import OrderFulfillmentWorkflow
    from temporal_app.workflows.saga_state import SagaState
    from temporal_app.workflows.undo import Undo

FULFIL_ANEW = "a-lost-fulfilment-is-started-anew"  # orders that were undone, or failed, without it stay so


class SagaRun:
    """What belongs to one run of a saga, and what it takes over from the run before.

    :param stopped: whether somebody wants the order undone
    """

    def __init__(self, state: SagaState, undo: Undo, lock: Lock, *, stopped: Callable[[], bool]) -> None:
        self._state, self._undo, self._lock, self._stopped = state, undo, lock, stopped
        self.approval: SagaChild[ApprovalWorkflow, ApprovalResult] | None = None
        self.fulfillment: SagaChild[OrderFulfillmentWorkflow, str] | None = None
        for step in state.begun:
            undo.register(step)
        if state.child is not None and state.step == "approval":
            self.approval = SagaChild(state.child, approval_in)
        elif state.child is not None:
            self.fulfillment = SagaChild(state.child, delivered)

    @property
    def child(self) -> SagaChild[Any, Any] | None:
        """The child that the saga waits for, if it waits for one."""
        return self.approval or self.fulfillment

    async def start_approval(self) -> None:
        """Have the roles of the present tier decide on the order as it is now."""
        state = self._state
        self.approval = await SagaChild.start(
            ApprovalWorkflow.run,
            state.approval_input(),
            approval_in,
            id=identifiers.approval("order", state.number),
            outlives=state.order.children_outlive,
            execution_timeout=policies.approval_timeout(max(tier.deadline_seconds for tier in state.order.tiers)),
            stopped=self._stopped,
        )

    async def approval_result(self) -> ApprovalResult:
        """What has been decided, however many runs that takes."""
        assert self.approval is not None
        try:
            return await self.approval.answer(self.rest, stopped=self._stopped)
        finally:
            self.approval = None

    async def payment(self) -> None:
        """Wait until the money is there or the total has changed; once, before the deadline, remind the customer.

        :raises ApplicationError: the time is up
        """
        state = self._state
        while True:
            until = state.unpaid_until
            try:
                await self.rest(lambda: not state.is_unpaid, policies.seconds(max(0.0, until - workflow.time())))
            except TimeoutError:
                async with self._lock:  # a card being charged, or an item being added, right now still counts
                    await self._nobody_paid(until)
            else:
                return
            if self._stopped():  # while the reminder was written, which may hide it
                raise CancelledError
            if not state.is_unpaid:
                return

    async def _nobody_paid(self, until: float) -> None:
        """So long: then the customer is reminded, or the time is up, unless the order has more of it meanwhile.

        :raises ApplicationError: it is
        """
        state = self._state
        if not state.is_unpaid or until < state.unpaid_until:
            return
        if not state.may_remind:
            raise ApplicationError("payment", type="payment_deadline", non_retryable=True)
        await steps.record_durably(payment_deadlines.remind_of_payment, OrderStep(state.number))
        state.reminded = True

    async def extend(self, extension: PaymentExtension) -> str:
        """Give the customer more time to pay; returns until when (ISO 8601).

        :raises RuleBroken: the order waits for its money no more, or the shop does not allow it
        """
        state = self._state
        # the page says that it waits a moment before this process has heard that the hold is there
        await workflow.wait_condition(lambda: state.step != "hold_payment")
        async with self._lock:
            state.check_extension(extension, now=workflow.time())
            step = OrderStep(state.number, by=extension.by, until=extension.until)
            await steps.record_durably(payment_deadlines.extend_payment_deadline, step)
            return state.extend(extension.until)

    async def capture_payment(self, call: Callable[..., Awaitable[str]]) -> None:
        """Take the money; where what a card's owner had authorised has run out, forget it while they may pay anew.

        :param call: how the payment's provider is called
        """
        state, now = self._state, workflow.time()
        capture = state.capture(now=now)
        try:
            state.transaction = await call(
                payments.capture_payment, capture, until=capture.until, too_late="shipment_deadline"
            )
        except ActivityError as failure:
            lapsed = steps.is_refusal(failure, kind=Refusal.PAYMENT_LAPSED)
            if not lapsed or not state.forget_payment(now=workflow.time()):
                raise
        else:
            state.status = OrderStatus.PAID

    async def start_fulfillment(self) -> None:
        """Hand over to the fulfilment."""
        number, waits = self._state.number, self._state.order.deadlines
        self.fulfillment = await SagaChild.start(
            OrderFulfillmentWorkflow.run,
            FulfillmentInput(number, waits.shipment, waits.delivery_after, self._state.shipped),
            delivered,
            id=identifiers.fulfillment(number),
            outlives=self._state.order.children_outlive,
            stopped=self._stopped,
        )

    async def fulfillment_result(self) -> str:
        """The order's status when the parcel has arrived, however many runs that takes.

        A fulfilment that was terminated from outside is started anew; and so is one that failed although the parcel
        has left, after a while: then nothing can be undone, and somebody has to be able to say that it arrived.

        :raises FailureError: the parcel has not left, and never will
        """
        while True:
            assert self.fulfillment is not None
            try:
                return await self.fulfillment.answer(self.rest, stopped=self._stopped)
            except FailureError as failure:
                taken_away = was_taken_away(failure)
                undoes = self._state.shipped is None and (self._stopped() or not taken_away)
                if undoes or not workflow.patched(FULFIL_ANEW):
                    raise
                if not taken_away:
                    await workflow.sleep(policies.FULFIL_AGAIN)
            await self.start_fulfillment()

    async def ship(self, shipping: ShippingInfo) -> None:
        """Hand on to the fulfilment that the parcel has left, after which nothing can be cancelled any more.

        :raises RuleBroken: that cannot be
        """
        state = self._state
        # the fulfilment may have begun without this process having heard it
        await workflow.wait_condition(lambda: state.step != "fulfillment" or self.fulfillment is not None)
        async with self._lock:
            state.check_shippable(shipping)
            if state.shipped is not None:
                return
            if self.fulfillment is None:
                raise RuleBroken(Refusal.NOT_WAITING_FOR_SHIPMENT, number=state.number)
            state.shipped, state.status = shipping, OrderStatus.SHIPPED
            if not await steps.tell(self.fulfillment.handle, OrderFulfillmentWorkflow.mark_shipped, shipping):
                # the booking has failed for good, or its fulfilment was lost and is about to be started anew
                state.shipped, state.status = None, OrderStatus.PAID
                raise RuleBroken(Refusal.NOT_WAITING_FOR_SHIPMENT, number=state.number)
            until = workflow.time() + state.order.deadlines.delivery_after
            state.begin("delivery", now=workflow.time(), waiting_for=WaitingFor.DELIVERY, until=until)

    def hear(self, end: ChildEnd) -> None:
        """A child that an earlier run has started reports how it ended."""
        if self.child is not None:
            self.child.hear(end)

    async def rest(self, came: Callable[[], bool], patience: timedelta | None) -> None:
        """Wait for something; where the history has become long meanwhile, go on in a new run.

        :raises TimeoutError: it took longer than `patience`
        """
        await workflow.wait_condition(lambda: came() or self._may_end(), timeout=patience)
        child = self.child
        if came() or (child is not None and not await child.will_report()):
            return
        if self._may_end() and not came():
            child_run = child.run if child is not None else None
            workflow.continue_as_new(self._state.for_next_run(begun=self._undo.steps, child=child_run))

    def is_long(self) -> bool:
        """Whether this run had better come to an end, and can: nothing that it has started would end with it."""
        long = workflow.info().is_continue_as_new_suggested() or self._state.updates.taken >= policies.MOST_UPDATES
        return long and (self.child is None or self.child.may_be_left)

    def _may_end(self) -> bool:
        """Whether nobody is being answered, so that nothing is lost between two runs."""
        at_rest = workflow.all_handlers_finished() and not self._lock.locked() and not self._stopped()
        return at_rest and self.is_long()
