"""An order from checkout to delivery, or back to where it began."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from orders.rules import actors, identifiers
    from orders.rules.approvals import ApprovalOutcome, ApprovalTier
    from orders.rules.order_events import OrderEvent
    from orders.rules.refusals import Refusal
    from orders.rules.status import CANCELLABLE, OrderStatus, WaitingFor
    from temporal_app import messages, policies
    from temporal_app.activities import orders, payment_events, payments, shipping, stock
    from temporal_app.messages import Ending, OrderInput, OrderStep
    from temporal_app.policies import seconds
    from temporal_app.workflows.approval import ApprovalWorkflow
    from temporal_app.workflows.order_conversation import OrderConversation
    from temporal_app.workflows.order_fulfillment import OrderFulfillmentWorkflow
    from temporal_app.workflows.undo import unstoppable

# Why an order may end, besides a cancellation; whatever else goes wrong has `failed`.
ENDINGS = {*Refusal, *ApprovalOutcome, "payment_deadline", "shipment_deadline"}


@workflow.defn
class OrderSagaWorkflow(OrderConversation):
    """Carries one order: reserve, approve, hold, wait for the money, capture, fulfil. Whatever fails on the way, or is
    cancelled, rejected or too late, is undone last first."""

    @workflow.init
    def __init__(self, order: OrderInput) -> None:
        super().__init__(order)
        self._approval_round = 0
        self._pay_until = 0.0
        self._last_payment = workflow.time() + policies.last_payment(order)

    @workflow.run
    async def run(self, order: OrderInput) -> str:
        # Even where a cancellation comes before the first step: a worker that died in it may have reserved, and left no
        # trace of it.
        self._undo.register("stock", stock.release_stock)
        self._process = asyncio.create_task(self._carry_out())
        try:
            await self._process
        except (FailureError, asyncio.CancelledError) as failure:
            await unstoppable(self._undo_everything(failure))
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._status

    # The process

    async def _carry_out(self) -> None:
        await self._reserve_stock()
        while not self._is_paid():  # an item added on the way sends the order through approval and hold again
            await self._get_approval()
            await self._hold_payment()
            await self._wait_for_payment()
        await self._capture_payment()
        await self._fulfil()
        await self._complete()

    async def _reserve_stock(self) -> None:
        self._start("reserve_stock")
        await self._record(stock.reserve_stock, OrderStep(self._number))

    async def _get_approval(self) -> None:
        """Have the present total approved, unless it has been; if it changes meanwhile, the approval hears of it."""
        while self._tier().roles and self._approved != self._fingerprint:
            result = await self._ask()
            if result.outcome != ApprovalOutcome.APPROVED:
                raise ApplicationError(result.reason, result.by, type=result.outcome, non_retryable=True)
            self._approved = result.fingerprint

    async def _ask(self) -> messages.ApprovalResult:
        """Have the roles of the present tier decide on the order as it is now."""
        asked_at = workflow.time()
        async with self._lock:  # what changes from here on is told to the approval
            tier = self._tier()
            self._start("approval", WaitingFor.APPROVAL, workflow.time() + tier.deadline_seconds)
            self._approval = await self._start_child(
                ApprovalWorkflow.run,
                self._approval_input(tier),
                id=identifiers.approval("order", self._number),
                execution_timeout=policies.approval_timeout(max(tier.deadline_seconds for tier in self._order.tiers)),
            )
        try:
            result: messages.ApprovalResult = await self._approval
        finally:
            self._approval = None
        self._approval_round = result.round
        if self._pay_until:  # nobody can pay in the meantime
            self._pay_until = min(self._pay_until + workflow.time() - asked_at, self._last_payment)
        return result

    def _approval_input(self, tier: ApprovalTier) -> messages.ApprovalInput:
        return messages.ApprovalInput(
            kind="order",
            subject=self._number,
            amount=self._total,
            roles=tier.roles,
            requested_by=self._order.requested_by,
            fingerprint=self._fingerprint,
            deadline_seconds=tier.deadline_seconds,
            at_deadline=tier.at_deadline,
            remind_before_seconds=tier.remind_before_seconds,
            escalate_to=tier.escalate_to,
            round=self._approval_round + 1,
        )

    async def _hold_payment(self) -> None:
        """Open a payment for the present total, in place of an earlier one."""
        self._attempt += 1
        self._pay_until = self._pay_until or workflow.time() + self._order.deadlines.payment
        self._start("hold_payment")
        # The same undo gives back what is held here and what is captured later: it asks the provider what there is.
        self._undo.register("payment", payments.return_money)
        amount = self._total
        step = OrderStep(self._number, attempt=self._attempt, amount=amount, until=self._pay_until)
        self._reference = await self._call(payments.hold_payment, step)
        self._held = amount

    async def _wait_for_payment(self) -> None:
        """Until the money is there, the total has changed, or the time is up."""
        self._start("payment", WaitingFor.PAYMENT, self._pay_until)
        try:
            await workflow.wait_condition(
                lambda: self._is_paid() or self._held != self._total,
                timeout=seconds(max(0.0, self._pay_until - workflow.time())),
            )
        except TimeoutError:
            async with self._lock:  # a card being charged, or an item being added, right now still counts
                if not self._is_paid() and self._held == self._total:
                    raise ApplicationError("payment", type="payment_deadline", non_retryable=True) from None

    def _is_paid(self) -> bool:
        return self._paid is not None and self._held == self._total

    async def _capture_payment(self) -> None:
        assert self._paid is not None
        self._start("capture_payment")
        amount = min(self._paid.amount, self._total)  # a person may have accepted less, or more
        step = OrderStep(self._number, by=self._paid.by, attempt=self._attempt, amount=amount)
        self._transaction = await self._call(payments.capture_payment, step)
        self._status = OrderStatus.PAID

    async def _fulfil(self) -> None:
        """Hand over to the fulfilment, which ends when the parcel has arrived, and fails only if it never left."""
        waits = self._order.deadlines
        self._start("fulfillment")
        self._undo.register("shipping", shipping.cancel_shipping)
        self._fulfillment = await self._start_child(
            OrderFulfillmentWorkflow.run,
            messages.FulfillmentInput(self._number, waits.shipment, waits.delivery_after),
            id=identifiers.fulfillment(self._number),
        )
        self._begin("fulfillment", WaitingFor.SHIPMENT, workflow.time() + waits.shipment)  # now it can be told
        await self._fulfillment
        self._status = OrderStatus.DELIVERED

    async def _complete(self) -> None:
        self._start("complete")
        await self._record(orders.complete_order, OrderStep(self._number))
        self._begin("")

    async def _undo_everything(self, failure: BaseException) -> None:
        """Undo last first, and say who or what is to blame."""
        async with self._lock:  # what a message has begun is finished before it is undone
            ending = self._ending(failure)
            self._begin("undo")
            await self._record_heard(orders.begin_undo, ending)  # perhaps because of an update
            await self._disown_reports()
            await self._undo.run(by=actors.SYSTEM)
            await self._record(orders.record_cancelled, ending)
            self._begin("")
            self._status = OrderStatus.CANCELLED

    async def _disown_reports(self) -> None:
        """What was reported in good faith, and this order cannot use any more, comes before people."""
        if self._shipped is not None:
            await self._note(OrderEvent.REQUEST_REFUSED, by=self._shipped.by, request="mark_shipped")
            self._shipped, self._status = None, OrderStatus.PAID
        if self._paid is not None and self._paid.payment_event_id and not self._is_paid():
            # the money came before it was asked for: no hold of ours stands for it, that undoing would give back
            await self._record(payment_events.release_payment_event, self._paid.payment_event_id)

    def _start(self, step: str, waiting_for: WaitingFor = WaitingFor.NOTHING, until: float = 0.0) -> None:
        """Go on to the next step, unless the order has been cancelled while that was possible."""
        if self._status in CANCELLABLE and self._is_stopped():
            raise asyncio.CancelledError
        self._begin(step, waiting_for, until)

    def _ending(self, failure: BaseException) -> Ending:
        """Why the order ends: what was asked for, or the innermost reason of what failed."""
        if self._cancelled is not None:
            return Ending(self._number, "cancelled", self._cancelled.reason, self._cancelled.by)
        while isinstance(failure, FailureError) and failure.cause is not None:
            failure = failure.cause
        reason = failure.message if isinstance(failure, FailureError) else type(failure).__name__
        if not isinstance(failure, ApplicationError) or failure.type is None or failure.type not in ENDINGS:
            return Ending(self._number, "failed", reason, actors.SYSTEM)
        by = failure.details[0] if failure.type == ApprovalOutcome.REJECTED else actors.SYSTEM
        return Ending(self._number, failure.type, reason, by)
