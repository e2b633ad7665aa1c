"""Whether the workflows of open orders say what the rows say, and wait for something that will come."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from asgiref.sync import sync_to_async
from django.db.models import QuerySet
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.service import RPCError

from orders.models import Order
from orders.rules import identifiers
from orders.rules.invariants import Finding, Invariant, OrderFace, Standing, agree, what_is_stuck
from orders.rules.status import WaitingFor
from orders.rules.totals import ZERO
from temporal_app.invariants import asking, mirrors

AT_ONCE = 8
SILENT = 16  # so many without an answer, and it is the worker that is away, not an order that is in trouble
WORKER = "worker"


class Inspection:
    """One look at all open orders.

    :param now: Unix seconds; `grace` are the seconds after which what is due is late
    """

    def __init__(self, client: Client, *, now: float, grace: float) -> None:
        self._client, self._now, self._grace = client, now, grace
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.silent = 0

    async def of_order(self, number: str) -> list[Finding]:
        """What is wrong with one order, if it is open and its saga runs."""
        async with self._slots:
            if self.silent >= SILENT:
                return []
            order = await mirrors.ORDERS.open_rows().filter(number=number).afirst()
            saga = await self._ask(number) or await self._ask(number)  # a busy worker gets a second chance
            if saga is None:
                return await self._of_silent(number)
            self.silent = 0
            late = saga.waiting_for == WaitingFor.NOTHING or saga.until < self._now - self._grace
            if order is None or (agree(face_of(order), saga) and not late):
                return []
            return await self._of_suspicious(number)

    async def _ask(self, number: str) -> OrderFace | None:
        """What an order's saga says; None where nobody answers for it."""
        try:
            return await asking.face(self._client, identifiers.order_saga(number))
        except (RPCError, WorkflowQueryFailedError):
            return None

    async def _of_silent(self, number: str) -> list[Finding]:
        id = identifiers.order_saga(number)
        if await asking.status(self._client, id) != asking.RUNNING:
            return []  # has ended meanwhile, or is another finding
        self.silent += 1
        standing = await asking.standing(self._client, id) or Standing()
        wrong = what_is_stuck(OrderFace("", "", ZERO), standing, now=self._now, grace=self._grace)
        if found := next((why for why in wrong if standing.task_attempts), ""):
            return [Finding(Invariant.SOMETHING_WILL_COME, number, found, "")]
        return [Finding(Invariant.WORKFLOW_ANSWERS, number, "", "an answer")]

    async def _of_suspicious(self, number: str) -> list[Finding]:
        try:
            look = await _look(self._client, number, mirrors.ORDERS.open_rows())
        except (RPCError, WorkflowQueryFailedError):
            return await self._of_silent(number)
        if look is None:
            return []
        found = [
            Finding(Invariant.SOMETHING_WILL_COME, number, why, "a signal, a timer or a retry")
            for why in what_is_stuck(look.saga, look.after, now=self._now, grace=self._grace)
        ]
        if look.is_quiet and not agree(look.row, look.saga):
            found.append(Finding(Invariant.MIRROR_AGREES, number, str(look.row), str(look.saga)))
        return found


@dataclass(frozen=True)
class Look:
    """An order's row and what its saga says, and what the saga had under way before and after both were read."""

    row: OrderFace
    saga: OrderFace
    before: Standing
    after: Standing

    @property
    def is_quiet(self) -> bool:
        """Whether nothing moved meanwhile: then the two have to agree."""
        return self.before == self.after and self.after.is_quiet


async def _look(client: Client, number: str, rows: QuerySet[Order]) -> Look | None:
    id = identifiers.order_saga(number)
    before = await asking.standing(client, id, timers=True)
    if before is None:
        return None
    order, saga = await rows.filter(number=number).afirst(), await asking.face(client, id)
    after = await asking.standing(client, id, timers=True)
    return Look(face_of(order), saga, before, after) if order is not None and after is not None else None


async def quiet_faces(client: Client, number: str) -> tuple[OrderFace, OrderFace] | None:
    """An order's row and what its workflow says, while nothing moves; None where something does, or none runs."""
    look = await _look(client, number, Order.objects.all())
    return (look.row, look.saga) if look is not None and look.is_quiet else None


def face_of(order: Order) -> OrderFace:
    """What an order's row says."""
    until = order.waiting_until.timestamp() if order.waiting_until else 0.0
    return OrderFace(order.status, order.waiting_for, order.total, until)


async def findings(
    client: Client, *, now: datetime, grace: timedelta, progress: Callable[[], None]
) -> AsyncIterator[Finding]:
    """Everything wrong with orders that are open and carried."""
    inspection = Inspection(client, now=now.timestamp(), grace=grace.total_seconds())
    after = None
    while page := await sync_to_async(mirrors.ORDERS.page)(after=after, due=now - grace):
        progress()
        after = page[-1][0]
        running = await asking.running_among(client, [id for _pk, id in page])
        numbers = [id.removeprefix(mirrors.ORDERS.prefix) for _pk, id in page if id in running]
        for found in await asyncio.gather(*(inspection.of_order(number) for number in numbers)):
            for finding in found:
                yield finding
        if inspection.silent >= SILENT:
            yield Finding(Invariant.WORKFLOW_ANSWERS, WORKER, "", "an answer")
            return
