"""What people and machines may say to an order's saga."""

from collections.abc import Callable
from hashlib import sha256

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from orders.rules import limits
    from orders.rules.order_events import OrderEvent
    from orders.rules.refusals import Refusal, RuleBroken
    from orders.rules.status import CANCELLABLE, OrderStatus, WaitingFor, parse_status, reachable
    from temporal_app import messages
    from temporal_app.activities import orders, payment_events, payments
    from temporal_app.failures import refusing
    from temporal_app.messages import CancelRequest, OrderItem, PaymentConfirmation
    from temporal_app.workflows.approval import ApprovalWorkflow
    from temporal_app.workflows.order_fulfillment import OrderFulfillmentWorkflow
    from temporal_app.workflows.order_knowledge import OrderKnowledge


MOST_WAITERS = 5


class OrderConversation(OrderKnowledge):
    """Updates and signals of `OrderSagaWorkflow`.

    Whatever awaits while it changes something holds the lock, so that no two messages overtake each other.
    """

    # Updates: a person who needs an answer

    @workflow.update
    async def add_item(self, item: OrderItem) -> messages.OrderTotals:
        """Add pieces to the order while it is pending; stock, total and approval are looked at again."""
        await self._change(orders.add_line, item)
        return messages.OrderTotals(self._items, self._total)

    @add_item.validator
    def check_add_item(self, item: OrderItem) -> None:
        """Only while pending and unpaid, and a quantity that can be ordered."""
        with refusing():
            limits.check_quantity(item.quantity)
            self._check_changeable()

    @workflow.update
    async def set_item_quantity(self, item: OrderItem) -> messages.OrderTotals:
        """Have the order hold so many pieces while it is pending; zero takes the product off."""
        await self._change(orders.set_line, item)
        return messages.OrderTotals(self._items, self._total)

    @set_item_quantity.validator
    def check_set_item_quantity(self, item: OrderItem) -> None:
        """Only while pending and unpaid, and a quantity that can be ordered."""
        with refusing():
            limits.check_quantity(item.quantity, may_be_zero=True)
            self._check_changeable()

    @workflow.update
    async def process_payment(self, payment: messages.PaymentInfo) -> str:
        """Charge a card for the order's total; returns the provider's transaction id."""
        # the page says "pay now" a moment before this process has heard that the hold is there
        await workflow.wait_condition(lambda: self._step != "hold_payment")
        async with self._lock:
            with refusing():
                self._check_payable(payment)
            charge = messages.Charge(
                self._number, self._attempt, payment.amount, payment.card_token, payment.by, key=self._update_id()
            )
            transaction: str = await self._call(payments.charge_card, charge)
            self._paid = PaymentConfirmation(transaction, payment.amount, payment.by)
        return transaction

    @process_payment.validator
    def check_process_payment(self, payment: messages.PaymentInfo) -> None:
        """Only while the order waits for its money (or is about to), and for exactly its total."""
        with refusing():
            if self._step != "hold_payment":
                self._check_payable(payment)

    @workflow.update
    async def cancel(self, request: CancelRequest) -> str:
        """Undo the order; returns its status once that is done."""
        self._cancel(request)
        await workflow.wait_condition(lambda: self._status not in CANCELLABLE)
        return self._status

    @cancel.validator
    def check_cancel(self, request: CancelRequest) -> None:
        """Not once the parcel has left."""
        with refusing():
            if self._status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED):
                raise RuleBroken(Refusal.TOO_LATE_TO_CANCEL, number=self._number, status=self._status)

    @workflow.update
    async def set_language(self, language: str) -> str:
        """Speak another language to the customer; returns the previous one."""
        async with self._lock:
            previous, self._language = self._language, language
            change = messages.LanguageChange(self._number, language, key=self._update_id())
            await self._record_heard(orders.set_language, change)
        return previous

    @set_language.validator
    def check_set_language(self, language: str) -> None:
        """Only languages the shop speaks."""
        with refusing():
            limits.check_language(language)

    @workflow.update
    async def wait_for_status(self, status: str) -> str:
        """Answer as soon as the order is or has been `status`, with the status it has then."""
        target = parse_status(status)
        self._waiters += 1
        try:
            await workflow.wait_condition(lambda: self._status == target or not reachable(self._status, target))
        finally:
            self._waiters -= 1
        if target != self._status and OrderStatus.CANCELLED in (target, self._status):
            with refusing():
                raise RuleBroken(Refusal.STATUS_NEVER, number=self._number, status=self._status, target=target)
        return self._status

    @wait_for_status.validator
    def check_wait_for_status(self, status: str) -> None:
        """Only a status that exists, and only so many that those who pay or cancel still find a place: Temporal takes
        ten updates of an order at a time."""
        with refusing():
            parse_status(status)
            if self._waiters >= MOST_WAITERS:
                raise RuleBroken(Refusal.TOO_MANY_WAIT, number=self._number)

    # Signals: a machine that reports

    @workflow.signal
    async def confirm_payment(self, confirmation: PaymentConfirmation) -> None:
        """The money is there; one that cannot be for this order is noted and changes nothing."""
        async with self._lock:
            if self._is_changeable() and self._total in (confirmation.amount, confirmation.accepted_total):
                self._paid = confirmation
            elif self._paid is None or confirmation.reference not in (self._paid.reference, self._reference):
                await self._note(
                    OrderEvent.PAYMENT_REFUSED,
                    by=confirmation.by,
                    reference=confirmation.reference,
                    amount=str(confirmation.amount),
                    total=str(self._total),
                )
                if confirmation.payment_event_id:
                    await self._record(payment_events.release_payment_event, confirmation.payment_event_id)

    @workflow.signal
    async def mark_shipped(self, shipping: messages.ShippingInfo) -> None:
        """The parcel has left; handed to the fulfilment, after which nothing can be cancelled any more."""
        if (
            self._step == "fulfillment" and self._fulfillment is None
        ):  # which has begun, but this process has not heard it
            await workflow.wait_condition(lambda: self._step != "fulfillment" or self._fulfillment is not None)
        async with self._lock:
            if self._shipped is not None:
                return
            if self._fulfillment is None or self._cancelled is not None or self._status != OrderStatus.PAID:
                await self._note(OrderEvent.REQUEST_REFUSED, by=shipping.by, request="mark_shipped")
                return
            self._shipped, self._status = shipping, OrderStatus.SHIPPED
            if await self._tell(self._fulfillment, OrderFulfillmentWorkflow.mark_shipped, shipping):
                delivery_after = self._order.deadlines.delivery_after
                self._begin("delivery", WaitingFor.DELIVERY, workflow.time() + delivery_after)
            # otherwise the booking has failed for good, and the order is about to be undone

    @workflow.signal
    async def cancel_order(self, request: CancelRequest) -> None:
        """Undo the order, unless the parcel has left."""
        if self._status in CANCELLABLE:
            self._cancel(request)
        else:
            await self._note(OrderEvent.REQUEST_REFUSED, by=request.by, request="cancel_order")

    # Rules on messages

    def _is_changeable(self) -> bool:
        return self._status == OrderStatus.PENDING and self._paid is None and self._cancelled is None

    def _check_changeable(self) -> None:
        if self._cancelled is not None:
            raise RuleBroken(Refusal.ORDER_CLOSING, number=self._number)
        if not self._is_changeable():
            status = OrderStatus.PAID if self._paid else self._status
            raise RuleBroken(Refusal.ORDER_NOT_PENDING, number=self._number, status=status)

    def _check_payable(self, payment: messages.PaymentInfo) -> None:
        if payment.payment_method != self._order.payment_method:
            raise RuleBroken(Refusal.UNKNOWN_PAYMENT_METHOD, method=payment.payment_method)
        if not self._is_changeable() or self._waiting_for != WaitingFor.PAYMENT or self._held != self._total:
            raise RuleBroken(Refusal.NOT_WAITING_FOR_PAYMENT, number=self._number)
        limits.check_payment(amount=payment.amount, total=self._total, card_token=payment.card_token)

    # Helpers

    def _cancel(self, request: CancelRequest) -> None:
        """Interrupt the process; the first request counts."""
        if self._cancelled is None and self._status in CANCELLABLE:
            self._cancelled = request
            if self._process is not None:
                self._process.cancel()

    async def _change(self, activity: Callable[[messages.LineChange], messages.OrderContent], item: OrderItem) -> None:
        """Change a line, then look at total and approval again: less than what was approved stays approved."""
        async with self._lock:
            with refusing():
                self._check_changeable()
            change = messages.LineChange(self._number, item.sku, item.quantity, item.by, key=self._update_id())
            content: messages.OrderContent = await self._record_heard(activity, change)
            if self._approved == self._fingerprint and content.total < self._total:
                self._approved = content.fingerprint
            self._items, self._total, self._fingerprint = content.items, content.total, content.fingerprint
            await self._tell_approval(item.by)

    async def _tell_approval(self, by: str) -> None:
        """An approval in flight hears what there is to approve now."""
        if self._approval is not None:
            revision = messages.ApprovalRevision(self._total, self._fingerprint, self._tier(), by)
            await self._tell(self._approval, ApprovalWorkflow.revise, revision)

    def _update_id(self) -> str:
        """What tells this update from every other: a retried one has one effect."""
        update = workflow.current_update_info()
        assert update is not None
        return sha256(update.id.encode()).hexdigest()  # others choose ids of any length
