"""Carrying the demo's orders to where they stand, a few at a time, so that the pages go on answering meanwhile."""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import replace
from datetime import timedelta
from functools import partial

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from orders.management.demo.dates import Dating, date_back, date_deadlines, of_expense, of_order
from orders.management.demo.others import OTHERS, Other
from orders.management.demo.steps import day_of, waits
from orders.management.demo.stories import Story
from orders.management.demo.waiting import Stuck, holds, persist, wait
from orders.models import ContactDetails, ExpenseRequest, GuestHold, Notification, Order
from orders.rules import actors, identifiers
from orders.rules.approvals import ApprovalTier
from orders.rules.status import WaitingFor
from temporal_app import names, policies
from temporal_app.activities import carts
from temporal_app.client.calls import client_function, start_once
from temporal_app.client.errors import ClientError
from temporal_app.messages import CartChange, CartItem, OrderInput, OrderPlacement
from temporal_app.workflows.order_saga import OrderSagaWorkflow

AT_ONCE = 3
log = logging.getLogger(__name__)


class Filling:
    """Fills a shop once: what is there already, from a run that was broken off, is carried on from where it is.

    :param say: takes a line about how far it is
    """

    def __init__(self, say: Callable[[str], None], told: Sequence[Story], others: Sequence[Other] = OTHERS) -> None:
        self._say, self._stories, self._others = say, told, others
        self._now = timezone.now()

    def run(self) -> list[str]:
        """Carry all orders; returns what could not be done, a line each."""
        failed: list[str] = []
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="demo") as pool:
            work = [pool.submit(_in_thread, self._carry, story, order) for story, order in self._placed()]
            work += [pool.submit(_in_thread, persist, partial(other.happen, self._now)) for other in self._others]
            for number, one in enumerate(as_completed(work), start=1):
                failed += _failure(one)
                if number % 10 == 0:
                    self._say(f"{number} of {len(work)} are where they belong …")
        self._date_mail()
        return failed

    def _placed(self) -> Iterator[tuple[Story, Order]]:
        """All orders, placed one after the other, so that numbers rise with time; nobody carries the new ones yet."""
        for story in self._stories:
            yield story, persist(partial(self._place, story))

    def _place(self, story: Story) -> Order:
        order = Order.objects.filter(cart_id=story.cart_id).first()
        if order is not None:
            return order
        customer = User.objects.filter(username=story.customer.username).first() if story.customer.username else None
        content = tuple(CartItem(sku, quantity) for sku, quantity in story.basket)
        contact = {**story.customer.address(), "payment_method": story.method, "language": story.customer.language}
        account = customer.pk if customer else None
        by = actors.customer(account)
        with transaction.atomic():
            carts.record_cart(CartChange(story.cart_id, content, changed="", closes_at=0.0, customer_id=account))
            ContactDetails.objects.update_or_create(cart_id=story.cart_id, defaults=contact)
            placed = carts.place_order(OrderPlacement(story.cart_id, by))
            order = Order.objects.get(number=placed.number)
            GuestHold.objects.filter(order=order).update(confirmed_at=self._now)  # they have read their first mail
            date_back(of_order(order), to=self._now - timedelta(days=story.days))
        return order

    def _carry(self, story: Story, order: Order) -> None:
        """Take an order from where it is to where its story ends today."""
        asked = OrderPlacement(story.cart_id, actors.customer(order.customer_id))
        placed = persist(lambda: carts.place_order(asked))
        if not waits(order):
            persist(lambda: start(with_time_left(placed, story), placed))
        wait(_seen(order, waits), order.number)
        begun = order.placed_at + timedelta(days=story.days)
        told = Dating(order, since=begun - timedelta(days=story.ended))
        over = [holds(_seen(order, step.over)) for step in story.steps]
        if not any(over):
            told.date_back(to=order.placed_at)
        for step, was_over, next_was in zip(story.steps, over, [*over, False][1:], strict=True):
            if not was_over:
                persist(partial(step.take, order, day_of(step.days)))
                wait(_seen(order, step.over), f"{order.number}, which is {order.status},")
            if not next_was:  # what followed from a step after which the last run was broken off is dated now
                told.date_back(to=begun - timedelta(days=step.days))
        date_deadlines(order)

    def _date_mail(self) -> None:
        """Mail is sent a moment after what it tells of."""
        wait(lambda: not Notification.objects.unsent().filter(due_at__lte=timezone.now()).exists(), "the mail")
        ends = {story.cart_id: story.ended for story in self._stories}
        for order in Order.objects.filter(cart_id__in=ends):
            mails = (Notification.objects.filter(order=order), ("written_at", "due_at", "sent_at"))
            date_back([mails], to=self._now - timedelta(days=ends[order.cart_id]))
        for expense in ExpenseRequest.objects.filter(request_key__startswith="demo-"):
            date_back(of_expense(expense), to=expense.submitted_at or expense.created_at)


@client_function
async def start(order: OrderInput, nominal: OrderInput) -> None:
    """Have an order carried whose waits began in the past; `nominal` is what it would have been told then."""
    await start_once(
        OrderSagaWorkflow.run,
        order,
        id=identifiers.order_saga(order.number),
        task_queue=names.ORDERS_QUEUE,
        execution_timeout=policies.saga_timeout(nominal),
    )


def with_time_left(order: OrderInput, story: Story) -> OrderInput:
    """What an order is told whose waits began some days ago: how much is left of each."""
    full = order.deadlines
    left = replace(
        full,
        payment=story.seconds_left(WaitingFor.PAYMENT, full.payment),
        shipment=story.seconds_left(WaitingFor.SHIPMENT, full.shipment),
        delivery_after=story.seconds_left(WaitingFor.DELIVERY, full.delivery_after),
    )
    tiers = tuple(_with_time_left(tier, story) for tier in order.tiers)
    return replace(order, deadlines=left, tiers=tiers, undo_tries=story.undo_tries)


def _with_time_left(tier: ApprovalTier, story: Story) -> ApprovalTier:
    left = story.seconds_left(WaitingFor.APPROVAL, tier.deadline_seconds)
    return replace(tier, deadline_seconds=left, remind_before_seconds=min(tier.remind_before_seconds, left // 2))


def _seen(order: Order, is_over: Callable[[Order], bool]) -> Callable[[], bool]:
    """Whether something is over, by what the order's rows say now."""

    def look() -> bool:
        order.refresh_from_db()
        return is_over(order)

    return look


def _in_thread(work: Callable[..., None], *about: object) -> None:
    try:
        work(*about)
    finally:
        connection.close()


def _failure(work: "Future[None]") -> list[str]:
    error = work.exception()
    if error is None:
        return []
    if not isinstance(error, ClientError | Stuck):
        raise error
    log.warning("part of the demo is missing", exc_info=error)
    return [f"{type(error).__name__}: {error}"]
