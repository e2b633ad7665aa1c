"""An order from checkout to delivery, or back to where it began."""

import asyncio
from collections.abc import Callable
from functools import partial

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from orders.rules import actors, limits
    from orders.rules.approvals import ApprovalOutcome
    from orders.rules.refusals import Refusal, RuleBroken
    from orders.rules.status import OrderStatus, WaitingFor, parse_status
    from temporal_app import messages, policies
    from temporal_app.activities import orders, payments, stock
    from temporal_app.failures import refusing
    from temporal_app.messages import OrderStep
    from temporal_app.workflows import remarks, steps
    from temporal_app.workflows.approval import ApprovalWorkflow
    from temporal_app.workflows.endings import ending_of
    from temporal_app.workflows.saga_run import SagaRun
    from temporal_app.workflows.saga_state import SagaState
    from temporal_app.workflows.undo import Undo
    from temporal_app.workflows.updates import checked, once, under_way, update_key


@workflow.defn
class OrderSagaWorkflow:
    """Carries one order: reserve, approve, hold, wait for the money, capture, fulfil. Whatever fails on the way, or is
    cancelled, rejected or too late, is undone last first.

    Whatever awaits while it changes something holds the lock, so that no two messages overtake each other.
    """

    @workflow.init
    def __init__(self, order: messages.OrderInput | SagaState) -> None:
        if isinstance(order, messages.OrderInput):
            now = workflow.time()
            order = SagaState.of(order, now=now, last_payment=now + policies.last_payment(order))
        self._state = order
        self._undo = Undo(self._state.number, self._state.order.payment_method, self._state.order.undo_tries)
        self._call = partial(steps.call_provider, whom=self._state.order.payment_method, stopped=self._is_stopped)
        self._lock = asyncio.Lock()
        self._process: asyncio.Task[None] | None = None
        self._run = SagaRun(self._state, self._undo, self._lock, stopped=self._is_stopped)

    @workflow.run
    async def run(self, order: messages.OrderInput | SagaState) -> str:
        """Carry a new order, or one that an earlier run has brought so far; returns the status it ends with."""
        # before the first step, even if that never comes: a worker that died in it may have reserved without a trace
        self._undo.register("stock")
        self._process = asyncio.create_task(self._carry_out())
        try:
            await self._process
        except (FailureError, asyncio.CancelledError) as failure:
            await steps.unstoppable(self._undo_everything(failure))
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._state.status

    # The process

    async def _carry_out(self) -> None:
        state = self._state
        if not state.step:
            await self._reserve_stock()
        elif state.step == "payment":  # here an earlier run left off; in other places it left a child
            await self._wait_for_payment()
        while not state.transaction:  # a card's authorisation that ran out sends the order back to the hold
            while not state.is_paid:  # and an item added on the way to its approval
                await self._get_approval()
                await self._hold_payment()
                await self._wait_for_payment()
            await self._capture_payment()
        await self._fulfil()
        await self._complete()

    async def _reserve_stock(self) -> None:
        self._start("reserve_stock")
        await steps.record(stock.reserve_stock, OrderStep(self._state.number))

    async def _get_approval(self) -> None:
        """Have the present total approved, unless it has been; if it changes meanwhile, the approval hears of it."""
        while self._run.approval is not None or not self._state.is_approved:
            result = await self._ask()
            if result.outcome != ApprovalOutcome.APPROVED:
                raise ApplicationError(result.reason, result.by, type=result.outcome, non_retryable=True)
            self._state.approved = result.fingerprint

    async def _ask(self) -> messages.ApprovalResult:
        """Have the roles of the present tier decide on the order as it is now."""
        state = self._state
        if self._run.approval is None:
            async with self._lock:  # what changes from here on is told to the approval
                self._start("approval", WaitingFor.APPROVAL, workflow.time() + state.tier.deadline_seconds)
                await self._run.start_approval()
        result = await self._run.approval_result()
        state.approval_round = result.round
        state.allow_more_time(workflow.time() - state.step_since)
        return result

    async def _hold_payment(self) -> None:
        """Open a payment for the present total, in place of an earlier one."""
        payment = self._state.ask_for_payment(now=workflow.time())
        self._start("hold_payment")
        # The same undo gives back what is held here and what is captured later: it asks the provider what there is.
        self._undo.register("payment")
        self._state.reference = await self._call(payments.hold_payment, payment, until=payment.until)
        self._state.hold(payment.amount)

    async def _wait_for_payment(self) -> None:
        """Until the money is there, the total has changed, or the time is up."""
        self._start("payment", WaitingFor.PAYMENT, self._state.pay_until)
        await self._run.payment()

    async def _capture_payment(self) -> None:
        self._start("capture_payment")
        await self._run.capture_payment(self._call)

    async def _fulfil(self) -> None:
        """Hand over to the fulfilment, which ends when the parcel has arrived, and fails only if it never left."""
        until = workflow.time() + self._state.order.deadlines.shipment
        if self._run.fulfillment is None:
            self._start("fulfillment")
            self._undo.register("shipping")
            await self._run.start_fulfillment()
            self._begin("fulfillment", WaitingFor.SHIPMENT, until)  # now it can be told
        await self._run.fulfillment_result()
        self._state.status = OrderStatus.DELIVERED

    async def _complete(self) -> None:
        self._start("complete")
        await steps.record(orders.complete_order, OrderStep(self._state.number))
        self._begin("")

    def _start(self, step: str, waiting_for: WaitingFor = WaitingFor.NOTHING, until: float = 0.0) -> None:
        """Go on to the next step, unless the order has been cancelled while that was possible."""
        if self._state.is_cancellable and self._is_stopped():
            raise asyncio.CancelledError
        self._begin(step, waiting_for, until)

    def _begin(self, step: str, waiting_for: WaitingFor = WaitingFor.NOTHING, until: float = 0.0) -> None:
        self._state.begin(step, now=workflow.time(), waiting_for=waiting_for, until=until)

    def _is_stopped(self) -> bool:
        """Whether somebody wants the order undone."""
        return self._state.cancelled is not None or steps.is_cancelled()

    # The way back

    async def _undo_everything(self, failure: BaseException) -> None:
        """Undo last first, and say who or what is to blame."""
        async with self._lock:  # what a message has begun is finished before it is undone
            ending = ending_of(self._state.number, failure, cancelled=self._state.cancelled)
            self._begin("undo")
            self._state.errors = (ending.code,)
            await steps.record_durably(orders.begin_undo, ending)  # perhaps because of an update
            if not self._state.is_paid:
                await remarks.disown_payment(self._state.paid)
            await self._undo.run(by=actors.SYSTEM)
            ended = await steps.record(orders.record_cancelled, ending)
            self._begin("")
            self._state.status = OrderStatus(ended or OrderStatus.CANCELLED)  # old histories do not say

    # What people and machines say: updates for those who need an answer, signals for those who report

    @workflow.update
    @once
    async def add_item(self, item: messages.OrderItem) -> messages.OrderTotals:
        """Add pieces to the order while it is pending; stock, total and approval are looked at again."""
        return await self._change(orders.add_line, item)

    @add_item.validator
    @checked
    def check_add_item(self, item: messages.OrderItem) -> None:
        """Only while pending and unpaid, and a quantity that can be ordered."""
        limits.check_quantity(item.quantity)
        self._state.check_changeable()

    @workflow.update
    @once
    async def set_item_quantity(self, item: messages.OrderItem) -> messages.OrderTotals:
        """Have the order hold so many pieces while it is pending; zero takes the product off."""
        return await self._change(orders.set_line, item)

    @set_item_quantity.validator
    @checked
    def check_set_item_quantity(self, item: messages.OrderItem) -> None:
        """Only while pending and unpaid, and a quantity that can be ordered."""
        limits.check_quantity(item.quantity, may_be_zero=True)
        self._state.check_changeable()

    async def _change(
        self, activity: Callable[[messages.LineChange], messages.OrderContent], item: messages.OrderItem
    ) -> messages.OrderTotals:
        """Change a line; an approval in flight hears what there is to approve now."""
        state = self._state
        async with self._lock:
            with refusing():
                state.check_changeable()
            change = messages.LineChange(state.number, item.sku, item.quantity, item.by, key=update_key())
            state.change(await steps.record_durably(activity, change))
            if self._run.approval is not None:
                revision = messages.ApprovalRevision(state.total, state.fingerprint, state.tier, item.by)
                await steps.tell(self._run.approval.handle, ApprovalWorkflow.revise, revision)
        return state.totals()

    @workflow.update
    @once
    async def process_payment(self, payment: messages.PaymentInfo) -> str:
        """Charge a card for the order's total; returns the provider's transaction id."""
        state = self._state
        # the page says "pay now" a moment before this process has heard that the hold is there
        await workflow.wait_condition(lambda: state.step != "hold_payment")
        async with self._lock:
            with refusing():
                state.check_payable(payment)
            charge, until = state.charge(payment, key=update_key()), workflow.time() + policies.CHARGE_PATIENCE
            transaction = await self._call(payments.charge_card, charge, until=until, too_late=Refusal.NOT_PASSED_ON)
            state.paid = state.charged(payment, transaction)
        return transaction

    @process_payment.validator
    @checked
    def check_process_payment(self, payment: messages.PaymentInfo) -> None:
        """Only while the order waits for its money (or is about to), and for exactly what is due."""
        if self._state.step != "hold_payment":
            self._state.check_payable(payment)

    @workflow.update
    @once
    async def extend_payment_deadline(self, extension: messages.PaymentExtension) -> str:
        """Give the customer more time to pay; returns until when (ISO 8601)."""
        with refusing():
            return await self._run.extend(extension)

    @extend_payment_deadline.validator
    @checked
    def check_extend_payment_deadline(self, extension: messages.PaymentExtension) -> None:
        """Only while the order waits for its money (or is about to), and only to a later time that the shop allows."""
        if self._state.step != "hold_payment":
            self._state.check_extension(extension, now=workflow.time())

    @workflow.signal
    async def confirm_payment(self, confirmation: messages.PaymentConfirmation) -> None:
        """The money is there; one that cannot be for this order is noted and changes nothing."""
        state = self._state
        with under_way(state, "signal", "confirm_payment"):
            async with self._lock:
                if state.accepts(confirmation):
                    state.paid = confirmation
                elif not state.has_heard_of(confirmation):
                    await remarks.refuse_payment(
                        state.number, confirmation, total=state.total, closing=state.is_closing
                    )

    @workflow.update
    async def took_payment(self, payment_event_id: int) -> bool:
        """Whether the order goes on with a payment that was confirmed; answered once that has been weighed."""
        async with self._lock:
            with refusing():
                self._state.check_open()
            return self._state.paid is not None and self._state.paid.payment_event_id == payment_event_id

    @took_payment.validator
    def check_took_payment(self, payment_event_id: int) -> None:
        """An order that is being undone takes none."""
        with refusing():
            self._state.check_open()

    @workflow.update
    @once
    async def ship(self, shipping: messages.ShippingInfo) -> str:
        """The parcel has left, says a person, who is told whether the order goes on with that; returns its status."""
        with refusing():
            await self._run.ship(shipping)
        return self._state.status

    @ship.validator
    @checked
    def check_ship(self, shipping: messages.ShippingInfo) -> None:
        """Only what is paid, is not being undone, and has not left before with another parcel."""
        self._state.check_shippable(shipping)

    @workflow.signal
    async def mark_shipped(self, shipping: messages.ShippingInfo) -> None:
        """The parcel has left, reports a machine; what cannot be is noted and changes nothing."""
        try:
            with under_way(self._state, "signal", "mark_shipped"):
                await self._run.ship(shipping)
        except RuleBroken:
            if self._state.shipped is None:  # otherwise the first report counts
                await remarks.refuse_request(self._state.number, "mark_shipped", by=shipping.by)

    @workflow.update
    @once
    async def cancel(self, request: messages.CancelRequest) -> str:
        """Undo the order; returns its status once that is done."""
        self._cancel(request)
        await workflow.wait_condition(lambda: not self._state.is_cancellable)
        return self._state.status

    @cancel.validator
    @checked
    def check_cancel(self, request: messages.CancelRequest) -> None:
        """Not once the parcel has left."""
        self._state.check_cancellable()

    @workflow.signal
    async def cancel_order(self, request: messages.CancelRequest) -> None:
        """Undo the order, unless the parcel has left."""
        if self._state.is_cancellable:
            self._cancel(request)
        else:
            await remarks.refuse_request(self._state.number, "cancel_order", by=request.by)

    def _cancel(self, request: messages.CancelRequest) -> None:
        """Interrupt the process; the first request counts."""
        if self._state.cancel(request) and self._process is not None:
            self._process.cancel()

    @workflow.update
    @once
    async def set_language(self, language: str) -> str:
        """Speak another language to the customer; returns the previous one."""
        async with self._lock:
            previous, self._state.language = self._state.language, language
            change = messages.LanguageChange(self._state.number, language, key=update_key())
            await steps.record_durably(orders.set_language, change)
        return previous

    @set_language.validator
    @checked
    def check_set_language(self, language: str) -> None:
        """Only languages the shop speaks."""
        self._state.check_language(language)

    @workflow.update
    async def wait_for_status(self, status: str) -> str:
        """Answer as soon as the order is or has been `status`, with the status it has then."""
        state, target = self._state, parse_status(status)
        state.waiters += 1
        try:
            with under_way(state, "update", "wait_for_status"):
                await workflow.wait_condition(lambda: state.can_tell(target) or self._run.is_long())
        finally:
            state.waiters -= 1
        with refusing():
            state.check_reached(target)
        return state.status

    @wait_for_status.validator
    def check_wait_for_status(self, status: str) -> None:
        """Only a status that exists, and only so many."""
        with refusing():
            self._state.check_may_wait(status)
            if self._run.is_long():
                raise RuleBroken(Refusal.ASK_AGAIN)

    @workflow.signal
    def child_ended(self, end: messages.ChildEnd) -> None:
        """A child that an earlier run has started reports how it ended."""
        self._run.hear(end)

    # Queries; they answer after the end as well

    @workflow.query
    def get_status(self) -> str:
        """The order's status."""
        return self._state.status

    @workflow.query
    def get_total(self) -> str:
        """The order's total, a decimal string."""
        return f"{self._state.total:.2f}"

    @workflow.query
    def get_progress(self) -> messages.OrderProgress:
        """One glance at the order."""
        return self._state.progress(returned="payment" in self._undo.done)

    @workflow.query
    def get_full_state(self) -> messages.OrderState:
        """Everything the saga knows."""
        undo = self._undo
        return self._state.snapshot(done=undo.steps, undone=tuple(undo.done), failed=tuple(undo.failed))

    @workflow.query
    def get_pending_operations(self) -> list[messages.PendingOperation]:
        """What the saga has begun and not finished."""
        return self._state.pending_operations()
