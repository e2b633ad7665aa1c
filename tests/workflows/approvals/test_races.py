"""Approve, cancel and the deadline, racing each other: two hundred times, in four heats of fifty orders at once."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from orders.models import Order, Product
from orders.rules import identifiers
from orders.rules.approvals import ApprovalOutcome, ApprovalTier
from orders.rules.order_events import OrderEvent
from orders.rules.refusals import Refusal
from orders.rules.states import PaymentState, ReservationState
from temporal_app import names, policies
from temporal_app.activities import outbox
from temporal_app.client.calls import Gone, send_update
from temporal_app.client.errors import Refused
from temporal_app.messages import CancelRequest, Decision, OrderInput
from temporal_app.workflows.approval import ApprovalWorkflow
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.factories.approvals import row
from tests.factories.orders import ask, eventually, money_kept, order_events, write_order
from tests.factories.people import make_user
from tests.factories.products import make_product

HEATS, ORDERS, TRACKS = 4, 50, 15
DEADLINE = 2
TIER = ApprovalTier(Decimal("0.00"), ("manager",), deadline_seconds=DEADLINE)
TAKEN, LEFT_ALONE = "taken", "left alone"
PATIENCE = timedelta(seconds=30)
LAST_WORDS = {OrderEvent.APPROVED, OrderEvent.REJECTED, OrderEvent.APPROVAL_EXPIRED}
# Who is ahead by a nose in which race, and what comes of the approval where they win.
FAVOURITES = (ApprovalOutcome.APPROVED, ApprovalOutcome.WITHDRAWN, ApprovalOutcome.EXPIRED)


@dataclass
class Race:
    """One order, and what the two people in its race were answered."""

    start: OrderInput
    approve_after: float
    cancel_after: float
    approved: str = ""
    cancelled: str = ""

    @classmethod
    def between(cls, start: OrderInput, favourite: ApprovalOutcome, dice: random.Random) -> "Race":
        """Seconds from the moment on at which everybody has been asked; the deadline is after `DEADLINE`."""
        if favourite == ApprovalOutcome.EXPIRED:
            return cls(start, DEADLINE + dice.uniform(-0.05, 0.4), DEADLINE + dice.uniform(-0.05, 0.4))
        first = dice.uniform(0.1, DEADLINE)
        second = first + dice.uniform(0.0, 0.1)
        return cls(start, first, second) if favourite == ApprovalOutcome.APPROVED else cls(start, second, first)

    async def run(self, client: Client, manager: int) -> None:
        await client.start_workflow(
            OrderSagaWorkflow.run,
            self.start,
            id=identifiers.order_saga(self.start.number),
            task_queue=names.ORDERS_QUEUE,
            execution_timeout=policies.saga_timeout(self.start),
        )
        await self._asked(client)
        self.approved, self.cancelled = await asyncio.gather(self._approve(manager), self._cancel())

    async def _asked(self, client: Client) -> None:
        approval = client.get_workflow_handle(identifiers.approval("order", self.start.number))
        while True:
            try:
                await approval.describe()
                return
            except RPCError as error:
                if error.status != RPCStatusCode.NOT_FOUND:
                    raise
                await asyncio.sleep(0.05)  # not started yet

    async def _approve(self, manager: int) -> str:
        await asyncio.sleep(self.approve_after)
        decision = Decision("manager", True, by=f"user:{manager}")
        return await _answer(identifiers.approval("order", self.start.number), ApprovalWorkflow.decide, decision)

    async def _cancel(self) -> str:
        """Somebody cancels, unless they have seen the order being approved."""
        await asyncio.sleep(self.cancel_after)
        if self.approved == TAKEN:
            return LEFT_ALONE
        request = CancelRequest("other", "customer:guest")
        return await _answer(identifiers.order_saga(self.start.number), OrderSagaWorkflow.cancel, request)


async def _answer(workflow_id: str, update: Any, message: Any) -> str:
    """What a client function makes of an update: taken, or why not."""
    try:
        await send_update(workflow_id, update, message, within=PATIENCE)
    except Refused as refused:
        return refused.code
    except Gone:
        return "nobody there"
    return TAKEN


@pytest.fixture
def nobody_reads_mail(worker: Client) -> Client:
    outbox.notifier = outbox.OutboxNotifier(lambda: None)
    return worker


@pytest.mark.faults
@pytest.mark.parametrize("heat", range(HEATS))
def test_of_approve_cancel_and_deadline_one_wins_and_money_and_stock_follow(nobody_reads_mail: Client, heat: int):
    make_product()
    manager, dice = make_user("alice", "manager").pk, random.Random(heat)
    races = [
        Race.between(replace(write_order(("TEA", 1 + number % 3)), tiers=(TIER,)), FAVOURITES[number % 3], dice)
        for number in range(ORDERS)
    ]

    ask(run_all(races, nobody_reads_mail, manager))
    orders = Order.objects.filter(number__in=[race.start.number for race in races])
    eventually(lambda: all(map(has_come_to_rest, orders.all())), within=90)

    by_number = {order.number: order for order in orders.all()}
    outcomes = Counter(one_outcome(by_number[race.start.number], race) for race in races)
    assert set(outcomes) == set(FAVOURITES), outcomes
    pending = Order.objects.filter(status="pending").aggregate(pieces=Sum("lines__quantity"))["pieces"] or 0
    assert list(Product.objects.values_list("on_hand", "reserved")) == [(1_000, pending)]


async def run_all(races: list[Race], client: Client, manager: int) -> None:
    """So many at a time that the server keeps up with its clock."""
    tracks = asyncio.Semaphore(TRACKS)

    async def run(race: Race) -> None:
        async with tracks:
            await race.run(client, manager)

    await asyncio.gather(*map(run, races))


def has_come_to_rest(order: Order) -> bool:
    return order.ended_at is not None or order.waiting_for == "payment"


def one_outcome(order: Order, race: Race) -> ApprovalOutcome:
    """What came of an order's approval, once everything about it agrees."""
    approval, story = row(order), order_events(order)
    outcome = ApprovalOutcome(approval.outcome) if approval else ApprovalOutcome.WITHDRAWN  # before it was asked for
    decided = list(approval.decisions.values_list("approved", flat=True)) if approval else []
    told = (order.number, outcome, race, story)
    assert decided == ([True] if outcome == ApprovalOutcome.APPROVED else []), told
    assert (race.approved == TAKEN) == bool(decided), told
    assert len(LAST_WORDS & set(story)) == (outcome != ApprovalOutcome.WITHDRAWN), told
    assert story.count(OrderEvent.CANCELLED) == (order.status == "cancelled"), told
    held = {row.state for row in order.payments.all()} & {PaymentState.HELD, PaymentState.REQUESTED}
    kept = set(order.reservations.values_list("state", flat=True))
    if order.status == "cancelled":
        assert (money_kept(order), held, kept) == (Decimal("0.00"), set(), {ReservationState.RELEASED}), told
        assert race.cancelled in (TAKEN, "nobody there", Refusal.ORDER_CLOSING), told
    else:
        assert (money_kept(order), held, kept) == (order.total, {PaymentState.HELD}, {ReservationState.HELD}), told
        assert outcome == ApprovalOutcome.APPROVED, told
        assert race.cancelled == LEFT_ALONE, told
    return outcome
