"""What an order's saga knows, and what it answers to those who ask."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from orders.rules.approvals import ApprovalTier, tier_for
    from orders.rules.order_events import OrderEvent
    from orders.rules.status import OrderStatus, WaitingFor
    from temporal_app import messages, policies
    from temporal_app.activities import orders
    from temporal_app.messages import CancelRequest, OrderInput, PaymentConfirmation
    from temporal_app.workflows.provider_calls import call
    from temporal_app.workflows.undo import Undo, unstoppable


Child = workflow.ChildWorkflowHandle[Any, Any]


class OrderKnowledge:
    """State and queries of `OrderSagaWorkflow`, and how it takes a step."""

    def __init__(self, order: OrderInput) -> None:
        self._order = order
        self._number = order.number
        self._undo = Undo(order.number)
        self._lock = asyncio.Lock()
        self._status = OrderStatus.PENDING
        self._step, self._step_since = "", workflow.time()
        self._waiting_for, self._waiting_until = WaitingFor.NOTHING, 0.0
        self._items, self._total, self._fingerprint = order.lines, order.total, order.fingerprint
        self._language = order.language
        self._attempt, self._reference = 0, ""
        self._approved = ""  # the fingerprint of what has been approved
        self._held: Decimal | None = None
        self._paid: PaymentConfirmation | None = None
        self._transaction = ""
        self._shipped: messages.ShippingInfo | None = None
        self._cancelled: CancelRequest | None = None
        self._waiters = 0
        self._process: asyncio.Task[None] | None = None
        self._approval: Child | None = None
        self._fulfillment: Child | None = None

    # Queries; they answer after the end as well

    @workflow.query
    def get_status(self) -> str:
        """The order's status."""
        return self._status

    @workflow.query
    def get_total(self) -> str:
        """The order's total, a decimal string."""
        return f"{self._total:.2f}"

    @workflow.query
    def get_progress(self) -> messages.OrderProgress:
        """One glance at the order."""
        payment = "paid" if self._transaction else "confirmed" if self._paid else "pending"
        if self._transaction and "payment" in self._undo.done:
            payment = "returned"
        shipping = f"shipped via {self._shipped.carrier}" if self._shipped else "not shipped"
        return messages.OrderProgress(
            status=self._status,
            waiting_for=self._waiting_for,
            waiting_until=_iso(self._waiting_until),
            items_count=self._items,
            total_amount=self._total,
            payment_status=payment,
            shipping_status=shipping,
        )

    @workflow.query
    def get_full_state(self) -> messages.OrderState:
        """Everything the saga knows."""
        return messages.OrderState(
            number=self._number,
            status=self._status,
            waiting_for=self._waiting_for,
            waiting_until=_iso(self._waiting_until),
            total=self._total,
            items=self._items,
            language=self._language,
            attempt=self._attempt,
            payment_reference=self._reference,
            transaction=self._transaction,
            cancel_reason=self._cancelled.reason if self._cancelled else "",
            steps_done=self._undo.steps,
            steps_undone=tuple(self._undo.done),
            steps_failed=tuple(self._undo.failed),
        )

    @workflow.query
    def get_pending_operations(self) -> list[messages.PendingOperation]:
        """What the saga has begun and not finished."""
        return [messages.PendingOperation(self._step, _iso(self._step_since))] if self._step else []

    # Steps

    def _begin(self, step: str, waiting_for: WaitingFor = WaitingFor.NOTHING, until: float = 0.0) -> None:
        """Say what is being done from now on, and what it waits for."""
        self._step, self._step_since = step, workflow.time()
        self._waiting_for, self._waiting_until = waiting_for, until

    async def _record(self, activity: Callable[[Any], Any], message: Any) -> Any:
        """A step in our own database: a local activity."""
        return await workflow.execute_local_activity(activity, message, **policies.RECORD)

    async def _record_heard(self, activity: Callable[[Any], Any], message: Any) -> Any:
        """The first that an update does in our own database: an activity that begins once the update is kept."""
        return await workflow.execute_activity(activity, message, **policies.RECORD_DURABLY)

    async def _call(self, activity: Callable[[Any], Any], message: Any) -> Any:
        """A step at a provider: an activity of its own, so that its attempts are seen from outside."""
        return await call(activity, message, policies.CALL_PROVIDER, stopped=self._is_stopped)

    async def _start_child(self, run: Callable[..., Any], message: Any, **options: Any) -> Child:
        """Start a child. A cancellation on the way would look for a workflow that is not there yet, and be lost; so it
        is passed on when there is one."""
        child = await unstoppable(workflow.start_child_workflow(run, message, **options))
        if self._is_stopped():
            child.cancel()
        return child

    def _is_stopped(self) -> bool:
        """Whether somebody wants the order undone."""
        return self._cancelled is not None or workflow.cancellation_reason() is not None

    async def _tell(self, child: Child, signal: Callable[..., Any], message: Any) -> bool:
        """Hand a message on to a child; False where it has ended and cannot hear any more."""
        try:
            await child.signal(signal, message)
        except FailureError:
            return False
        return True

    async def _note(self, kind: OrderEvent, *, by: str, **data: str) -> None:
        """Write on the order's timeline."""
        remark = messages.TimelineMessage(self._number, kind, by, key=str(workflow.uuid4()), data=data)
        await self._record(orders.record_order_event, remark)

    def _tier(self) -> ApprovalTier:
        """Who has to approve the present total."""
        return tier_for(self._total, self._order.tiers)


def _iso(unix_seconds: float) -> str:
    """A time as ISO 8601 in UTC; empty where there is none."""
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat(timespec="seconds") if unix_seconds else ""
