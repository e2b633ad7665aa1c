"""Rows without their workflow, and workflows without their row."""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import QuerySet
from temporalio.client import Client

from orders.models import ApprovalRequest, Cart, Order
from orders.models.approval import SUBJECTS, ApprovalKind
from orders.rules import identifiers
from orders.rules.approvals import ApprovalOutcome
from orders.rules.invariants import Finding, Invariant
from orders.rules.states import CartState
from orders.rules.status import OrderStatus
from temporal_app.invariants import asking


@dataclass(frozen=True)
class Mirror:
    """A table that mirrors one kind of workflow.

    :param prefix: with what the workflows' ids begin; what follows is in the column `key` of their rows
    :param open_rows: the rows that say that their workflow runs; the column `since` knows when it began
    :param numbered: whether keys are numbers
    """

    prefix: str
    open_rows: Callable[[], QuerySet[Any]]
    key: str
    since: str
    numbered: bool = False

    def page(self, *, after: Any, due: datetime) -> list[tuple[Any, str]]:
        """The next rows whose workflow has to run since `due`: their primary keys, and the ids of their workflows."""
        rows = self.open_rows().filter(**{f"{self.since}__lt": due}).order_by("pk")
        if after is not None:
            rows = rows.filter(pk__gt=after)
        return [(pk, f"{self.prefix}{key}") for pk, key in rows.values_list("pk", self.key)[: asking.PAGE]]

    def open_among(self, ids: Iterable[str]) -> set[str]:
        """Those of these workflows whose rows say that they run."""
        keys = [id.removeprefix(self.prefix) for id in ids]
        if self.numbered:  # what is no number has no row, and the database would not like to be asked
            keys = [key for key in keys if key.isdecimal()]
        rows = self.open_rows().filter(**{f"{self.key}__in": keys})
        return {f"{self.prefix}{key}" for key in rows.values_list(self.key, flat=True)}


def _carried() -> QuerySet[Order]:
    """Open orders but those that only people still have to see to."""
    return Order.objects.open().exclude(status=OrderStatus.ROLLBACK_INCOMPLETE)


def _approvals(kind: ApprovalKind, column: str) -> Mirror:
    def pending() -> QuerySet[ApprovalRequest]:
        return ApprovalRequest.objects.filter(kind=kind, outcome=ApprovalOutcome.PENDING)

    is_order = kind == ApprovalKind.ORDER
    key = f"{column}__number" if is_order else f"{column}_id"
    return Mirror(identifiers.approval(kind, ""), pending, key, "requested_at", numbered=not is_order)


ORDERS = Mirror(identifiers.order_saga(""), _carried, "number", "placed_at")
MIRRORS = (
    ORDERS,
    *(_approvals(kind, column) for kind, column in SUBJECTS.items()),
    Mirror(identifiers.cart(""), lambda: Cart.objects.filter(state=CartState.OPEN), "cart_id", "changed_at"),
)


async def findings(
    client: Client, mirror: Mirror, *, due: datetime, progress: Callable[[], None]
) -> AsyncIterator[Finding]:
    """Rows whose workflow does not run, then workflows whose row does not say that they do."""
    async for finding in _without_workflow(client, mirror, due, progress):
        yield finding
    async for finding in _without_row(client, mirror, progress):
        yield finding


async def _without_workflow(
    client: Client, mirror: Mirror, due: datetime, progress: Callable[[], None]
) -> AsyncIterator[Finding]:
    after = None
    while page := await sync_to_async(mirror.page)(after=after, due=due):
        progress()
        after = page[-1][0]
        ids = [id for _pk, id in page]
        running = await asking.running_among(client, ids)
        for id in ids:
            if id in running:
                continue
            status = await asking.status(client, id)
            # the list may be late, or the workflow has ended a moment ago and its row as well
            if status != asking.RUNNING and await sync_to_async(mirror.open_among)([id]):
                yield Finding(Invariant.WORKFLOW_RUNS, id, status, asking.RUNNING)


async def _without_row(client: Client, mirror: Mirror, progress: Callable[[], None]) -> AsyncIterator[Finding]:
    async for ids in asking.running(client, mirror.prefix):
        progress()
        known = await sync_to_async(mirror.open_among)(ids)
        for id in ids:
            if id in known:
                continue
            standing = await asking.standing(client, id)
            quiet = standing is not None and standing.is_quiet  # not one that has ended, or is about to end or to begin
            if quiet and not await sync_to_async(mirror.open_among)([id]):
                yield Finding(Invariant.ROW_IS_OPEN, id, asking.RUNNING, "ended")
