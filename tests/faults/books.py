"""Whether, when the dust has settled, everything adds up: orders, stock, money, timeline, mail and workflows."""

import asyncio
import email
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.db.models import Sum
from django.utils import timezone
from temporalio.client import Client, WorkflowExecutionStatus

from orders import invariants
from orders.invariants import providers
from orders.models import Cart, CompensationFailure, Notification, Order, Product, Reservation, SandboxPayment
from orders.models.sandbox import SandboxOperation
from orders.rules import identifiers
from orders.rules.invariants import Finding, Invariant
from orders.rules.order_events import OrderEvent
from orders.rules.status import ENDED, OrderStatus
from temporal_app import connection
from temporal_app import invariants as mirror
from temporal_app.invariants import asking

NO_GRACE = timedelta(0)  # everything has settled
MAILS = {
    OrderStatus.DELIVERED: {"order_placed", "payment_received", "order_shipped", "order_delivered"},
    OrderStatus.CANCELLED: {"order_placed", "order_cancelled"},
}
GONE_WRONG = "ExecutionStatus IN ('Failed', 'TimedOut', 'Terminated', 'Canceled')"
MAY_BE_CANCELLED = ("fulfillment-",)  # by its saga, with the order


def mismatches(stock_before: dict[str, int], mail_folder: Path) -> list[str]:
    """Everything that does not add up, a line each: the shop's invariants first, then what else this run knows."""
    now, ended = timezone.now(), Order.objects.filter(status__in=ENDED)
    return [
        *(str(finding) for finding in invariants.findings(now=now, grace=NO_GRACE)),
        *(str(finding) for finding in providers.findings(now=now)),
        *(
            f"{order}: {mismatch}; {_story(order)}"
            for order in Order.objects.order_by("pk")
            for mismatch in _of_order(order)
        ),
        *_of_stock(stock_before),
        *_of_mail(mail_folder),
        *(
            f"{trouble.order}: {trouble.step} was not undone: {trouble.error}"
            for trouble in CompensationFailure.objects.all()
        ),
        *asyncio.run(_of_workflows(list(ended.values_list("number", "status", "total")), now)),
    ]


def _of_order(order: Order) -> Iterator[str]:
    if order.status not in ENDED and not (order.waiting_for and order.waiting_until):
        yield f"is {order.status} and waits for nobody"
    if order.status == OrderStatus.DELIVERED and not order.timeline.filter(kind=OrderEvent.COMPLETED).exists():
        yield "is delivered, but not complete"
    yield from _of_money(order)
    missing = MAILS.get(OrderStatus(order.status), set()) - set(order.notifications.values_list("kind", flat=True))
    if missing:
        yield f"is {order.status}, but nobody was told: {missing}"


def _story(order: Order) -> str:
    return ", ".join(f"{at:%M:%S} {kind}" for at, kind in order.timeline.order_by("pk").values_list("at", "kind"))


def _of_money(order: Order) -> Iterator[str]:
    books = SandboxPayment.objects.filter(order_number=order.number)
    kept = sum((row.captured - row.refunded for row in books), Decimal())
    held = [row.reference for row in books if row.state in ("open", "authorised")]
    captures = SandboxOperation.objects.filter(payment__in=books, kind="capture").count()
    if captures > 1:
        yield f"was captured {captures} times"
    if order.status == OrderStatus.DELIVERED and (kept != order.total or held):
        yield f"is delivered for {order.total}; the provider has {kept}, held {held}"
    if order.status == OrderStatus.CANCELLED and (kept or held):
        yield f"is cancelled; the provider has {kept}, held {held}"


def _of_stock(before: dict[str, int]) -> Iterator[str]:
    for product in Product.objects.filter(sku__in=before):
        left = Reservation.objects.filter(product=product, state="shipped").aggregate(n=Sum("quantity"))["n"] or 0
        if product.on_hand != before[product.sku] - left:
            yield f"{product.sku}: {product.on_hand} of {before[product.sku]} on hand, {left} left"


def _of_mail(folder: Path) -> Iterator[str]:
    for mail in Notification.objects.filter(sent_at=None):
        yield f"mail {mail.key} was not sent: {mail.last_error}"
    sent: Counter[str] = Counter()
    for file in folder.glob("*"):
        for text in re.split(r"^-{60,}\n", file.read_text(), flags=re.MULTILINE):
            if message_id := email.message_from_string(text.lstrip())["Message-ID"]:
                sent[message_id] += 1
    tried_again = {str(pk) for pk in Notification.objects.filter(attempts__gt=1).values_list("pk", flat=True)}
    for message_id, times in sent.items():
        if times > 1 and message_id.strip("<").split(".")[0] not in tried_again:
            yield f"mail {message_id} was sent {times} times"
    written = Notification.objects.to_persons().exclude(sent_at=None).count()
    if len(sent) < written:
        yield f"{written} mails are said to be sent, {len(sent)} were"


async def _of_workflows(ended: list[tuple[str, str, Decimal]], now: datetime) -> list[str]:
    client = await connection.connect()
    wrong = [
        f"{one.id} ended as {one.status and one.status.name}"
        async for one in client.list_workflows(GONE_WRONG)
        if one.status != WorkflowExecutionStatus.CANCELED or not one.id.startswith(MAY_BE_CANCELLED)
    ]
    async for one in client.list_workflows("ExecutionStatus = 'Running'"):
        described = await client.get_workflow_handle(one.id, run_id=one.run_id).describe()
        task = described.raw_description.pending_workflow_task
        if task.attempt > 1:
            wrong.append(f"{one.id} is stuck: its workflow task is tried the {task.attempt}th time")
    wrong += [
        str(finding)
        async for finding in mirror.findings(client, now=now, grace=NO_GRACE)
        if not await _never_filled(finding)
    ]
    for number, status, total in ended:
        wrong += [f"{number}: {mismatch}" for mismatch in await _of_ended(client, number, status, total)]
    return wrong


async def _never_filled(finding: Finding) -> bool:
    """Whether this is a cart whose first item got lost on the way: it has no row, holds nothing, and ends by itself."""
    cart_id = finding.subject.removeprefix(identifiers.cart(""))
    is_cart = finding.rule == Invariant.ROW_IS_OPEN and cart_id != finding.subject
    return is_cart and not await Cart.objects.filter(cart_id=cart_id).aexists()


async def _of_ended(client: Client, number: str, status: str, total: Decimal) -> list[str]:
    """An order that has ended: its saga has too, and says the same."""
    saga = identifiers.order_saga(number)
    said, state = await asking.face(client, saga), await asking.status(client, saga)
    wrong = [] if state == "completed" else [f"is {status}, its saga {state}"]
    if (said.status, said.total) != (status, total):
        wrong.append(f"is {status} for {total}; its saga says {said}")
    return wrong


def settled() -> bool:
    """Whether nothing moves by itself any more: every order has ended or waits for a person, every mail is out."""
    moving = Order.objects.exclude(status__in=ENDED).exclude(waiting_for__in=["approval", "shipment"])
    unfinished = Order.objects.filter(status__in=ENDED, ended_at=None) | Order.objects.filter(
        undo_started_at__isnull=False
    ).exclude(status=OrderStatus.CANCELLED)
    return not (moving.exists() or unfinished.exists() or Notification.objects.unsent().exists())
