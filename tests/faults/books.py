"""Whether, when the dust has settled, everything adds up: orders, stock, money, timeline, mail and workflows."""

import asyncio
import email
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from django.db.models import Sum
from temporalio.client import Client, WorkflowExecutionStatus

from orders.models import CompensationFailure, Notification, Order, PaymentEvent, Product, Reservation, SandboxPayment
from orders.models.sandbox import SandboxOperation
from orders.rules import identifiers
from orders.rules.order_events import OrderEvent
from orders.rules.status import ENDED, OrderStatus
from temporal_app import connection

ONCE = {OrderEvent.PLACED, OrderEvent.STOCK_RESERVED, OrderEvent.PAID, OrderEvent.SHIPPED, OrderEvent.DELIVERED}
ONCE |= {OrderEvent.COMPLETED, OrderEvent.UNDO_STARTED, OrderEvent.STOCK_RELEASED, OrderEvent.CANCELLED}
DELIVERED = {OrderEvent.PLACED, OrderEvent.STOCK_RESERVED, OrderEvent.PAID, OrderEvent.SHIPPED, OrderEvent.DELIVERED}
MAILS = {
    OrderStatus.DELIVERED: {"order_placed", "payment_received", "order_shipped", "order_delivered"},
    OrderStatus.CANCELLED: {"order_placed", "order_cancelled"},
}
GONE_WRONG = "ExecutionStatus IN ('Failed', 'TimedOut', 'Terminated', 'Canceled')"
MAY_BE_CANCELLED = ("fulfillment-",)  # by its saga, with the order


def mismatches(stock_before: dict[str, int], mail_folder: Path) -> list[str]:
    """Everything that does not add up, a line each."""
    return [
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
        *(
            f"payment_event {payment_event} was never looked at"
            for payment_event in PaymentEvent.objects.filter(outcome="received")
        ),
        *asyncio.run(_of_workflows(list(Order.objects.values_list("number", "status", "total")))),
    ]


def _of_order(order: Order) -> Iterator[str]:
    if order.status not in ENDED and not (order.waiting_for and order.waiting_until):
        yield f"is {order.status} and waits for nobody"
    if order.status in ENDED and order.ended_at is None:
        yield f"is {order.status} but has not ended"
    yield from _of_timeline(order)
    yield from _of_money(order)
    states = set(order.reservations.values_list("state", flat=True))
    wanted = {OrderStatus.DELIVERED: {"shipped"}, OrderStatus.CANCELLED: {"released"}}.get(OrderStatus(order.status))
    if wanted and not states <= wanted:
        yield f"is {order.status}, but its goods are {states}"
    promised = dict(order.reservations.values_list("product_id", "quantity"))
    if order.status == OrderStatus.DELIVERED and promised != dict(order.lines.values_list("product_id", "quantity")):
        yield f"has other goods than lines: {promised}"
    missing = MAILS.get(OrderStatus(order.status), set()) - set(order.notifications.values_list("kind", flat=True))
    if missing:
        yield f"is {order.status}, but nobody was told: {missing}"


def _story(order: Order) -> str:
    return ", ".join(f"{at:%M:%S} {kind}" for at, kind in order.timeline.order_by("pk").values_list("at", "kind"))


def _of_timeline(order: Order) -> Iterator[str]:
    kinds = Counter(order.timeline.values_list("kind", flat=True))
    for kind in ONCE:
        if kinds[kind] > 1:
            yield f"{kind} happened {kinds[kind]} times"
    needed = {OrderStatus.DELIVERED: DELIVERED | {OrderEvent.COMPLETED}, OrderStatus.CANCELLED: {OrderEvent.CANCELLED}}
    missing = needed.get(OrderStatus(order.status), set()) - set(kinds)
    if missing:
        yield f"is {order.status} without {missing}"


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
    for payment in order.payments.all():
        row = books.filter(reference=payment.reference).first()
        if row and (payment.state == "captured") != (row.captured > row.refunded):
            yield f"payment {payment.attempt} is {payment.state}; at the provider {row.captured} less {row.refunded}"


def _of_stock(before: dict[str, int]) -> Iterator[str]:
    for product in Product.objects.filter(sku__in=before):
        mine = Reservation.objects.filter(product=product)
        held = mine.filter(state="held").aggregate(n=Sum("quantity"))["n"] or 0
        gone = mine.filter(state="shipped").aggregate(n=Sum("quantity"))["n"] or 0
        if (product.on_hand, product.reserved) != (before[product.sku] - gone, held):
            yield f"{product.sku}: {product.on_hand} on hand, {product.reserved} reserved; {gone} left, {held} promised"


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


async def _of_workflows(orders: list[tuple[str, str, Decimal]]) -> list[str]:
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
    for number, status, total in orders:
        wrong += [f"{number}: {mismatch}" for mismatch in await _of_saga(client, number, status, total)]
    return wrong


async def _of_saga(client: Client, number: str, status: str, total: Decimal) -> list[str]:
    saga = client.get_workflow_handle(identifiers.order_saga(number))
    state, described = await saga.query("get_full_state"), await saga.describe()
    ended = described.status == WorkflowExecutionStatus.COMPLETED
    wrong = [] if ended == (status in ENDED) else [f"is {status}, its saga {described.status}"]
    if (state["status"], Decimal(state["total"])) != (status, total):
        wrong.append(f"is {status} for {total}; its saga says {state['status']} for {state['total']}")
    return wrong


def settled() -> bool:
    """Whether nothing moves by itself any more: every order has ended or waits for a person, every mail is out."""
    moving = Order.objects.exclude(status__in=ENDED).exclude(waiting_for__in=["approval", "shipment"])
    unfinished = Order.objects.filter(status__in=ENDED, ended_at=None) | Order.objects.filter(
        undo_started_at__isnull=False
    ).exclude(status=OrderStatus.CANCELLED)
    return not (moving.exists() or unfinished.exists() or Notification.objects.unsent().exists())
