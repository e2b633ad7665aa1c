"""Asking providers which orders have been paid: many orders in one call, or one."""

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict, cast

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from temporalio import activity
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from orders.models import Order, Payment, PaymentCheck, PaymentCheckResult, Shipment
from orders.models.payment_check import NOT_ANSWERED, CheckEnd
from orders.payments import gateway_for, parts
from orders.payments.gateway import PaymentStatus, ProviderState, UnknownPayment
from orders.payments.reports import FAILED, PAID, PaymentReport
from orders.reconciliation.matching import record_event
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import PaymentEventOutcome, PaymentState
from orders.rules.status import OrderStatus, WaitingFor
from temporal_app.activities.outside import asking
from temporal_app.activities.payment_events import match_and_record, paid_with
from temporal_app.activities.payments import PROVIDER_REFUSALS
from temporal_app.activities.recording import shop_activity
from temporal_app.messages import (
    CheckedOrder,
    CheckedPage,
    CheckEnded,
    CheckPage,
    CheckProgress,
    CheckStart,
    CheckTotals,
    OrderCheck,
    OrderOutcome,
    PageLeft,
    PaidOrder,
)

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    class Referred(TypedDict):
        reference: str

    WaitingOrder = WithAnnotations[Order, Referred]
else:
    WaitingOrder = Order

MOST_NAMED = 500  # of the orders that were passed over at once; more than that nobody reads
PAST_ALL = 2**63 - 1
UNKNOWN = "unknown"
ASKED_AT_ONCE = 20
BEGUN = (OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED)
ENDS: dict[WorkflowExecutionStatus | None, CheckEnd] = {
    WorkflowExecutionStatus.COMPLETED: CheckEnd.FINISHED,
    WorkflowExecutionStatus.FAILED: CheckEnd.FAILED,
    WorkflowExecutionStatus.CANCELED: CheckEnd.CANCELLED,
    WorkflowExecutionStatus.TERMINATED: CheckEnd.TERMINATED,
    WorkflowExecutionStatus.TIMED_OUT: CheckEnd.TIMED_OUT,
}
GONE = (ProviderState.RELEASED, ProviderState.REFUNDED)
log = logging.getLogger(__name__)


def _waiting() -> QuerySet[WaitingOrder]:
    """Orders that wait for their money, with the reference of the payment they wait for."""
    held = Payment.objects.filter(order=OuterRef("pk"), state=PaymentState.HELD).order_by("-attempt")
    waiting = Order.objects.filter(waiting_for=WaitingFor.PAYMENT)
    referred = waiting.annotate(reference=Subquery(held.values("reference")[:1])).exclude(reference=None)
    return cast("QuerySet[WaitingOrder]", referred)


def _chosen(numbers: tuple[str, ...]) -> QuerySet[WaitingOrder]:
    return _waiting().filter(number__in=numbers) if numbers else _waiting()


@shop_activity(transactions="one")
def start_check(start: CheckStart) -> CheckTotals:
    """Write down that a check begins, and count what there is to check."""
    now = timezone.now()
    expected = len(start.numbers) or _waiting().count()
    check, new = PaymentCheck.objects.get_or_create(
        workflow_id=start.workflow_id,
        defaults={"kind": start.kind, "requested_by": start.by, "expected": expected, "started_at": now},
    )
    if check.finished_at:  # a monitor has the same id each time its order is watched
        check.begin_again(requested_by=start.by, expected=expected, started_at=now)
        new = True
    if new:
        check.results.all().delete()
        PaymentCheckResult.objects.bulk_create(
            PaymentCheckResult(check_run=check, number=number) for number in dict.fromkeys(start.numbers)
        )
    return CheckTotals(expected=check.expected)


def _next(page: CheckPage) -> list[WaitingOrder]:
    """The orders of the next page, all of one payment method; none after the last."""
    beyond = Q(payment_method=page.method, pk__gt=page.after) | Q(payment_method__gt=page.method)
    rows = list(_chosen(page.numbers).filter(beyond).order_by("payment_method", "pk")[: page.size])
    return [order for order in rows if order.payment_method == rows[0].payment_method]


@shop_activity(transactions="several", final=PROVIDER_REFUSALS)
def check_order_batch(page: CheckPage) -> CheckedPage:
    """Ask about the next page of waiting orders, all of one payment method, in one call to its provider.

    Orders are walked by payment method and row, so that none is missed and none comes twice, however long the
    shop was away in between.
    """
    orders = _next(page)
    if not orders:
        return CheckedPage(checked=0, failed=0, method=page.method, after=page.after)
    method = orders[0].payment_method
    statuses = asking(gateway_for(method)).statuses(references=[order.reference for order in orders])
    checked = [_take(order, statuses.get(order.reference), by=page.by) for order in orders]
    outcomes = {order.number: one.outcome for order, one in zip(orders, checked, strict=True)} if page.numbers else {}
    for number, outcome in outcomes.items():
        record_outcome(OrderOutcome(page.workflow_id, number, outcome))
    return CheckedPage(
        checked=len(orders),
        failed=sum(one.outcome == "failed" for one in checked),
        method=method,
        after=orders[-1].pk,
        paid=tuple(one.paid for one in checked if one.paid is not None),
        outcomes=outcomes,
    )


@shop_activity(transactions="one")
def pass_over(left: PageLeft) -> CheckedPage:
    """A page of orders about which there was no answer is left to the next check, and its orders are named.

    Where the page before it had no answer either, the same provider is not asked about the others.
    """
    page, orders = left.page, _next(left.page)
    if not orders:
        return CheckedPage(checked=0, failed=0, method=page.method, after=page.after)
    method, after = orders[0].payment_method, orders[-1].pk
    if method == left.silent:
        orders, after = list(_chosen(page.numbers).filter(payment_method=method, pk__gte=orders[0].pk)), PAST_ALL
    numbers = [order.number for order in orders]
    log.error("%s does not answer; %s orders are left to the next check", method, len(numbers))
    PaymentCheckResult.pass_over(page.workflow_id, numbers if page.numbers else numbers[:MOST_NAMED])
    outcomes = dict.fromkeys(numbers, NOT_ANSWERED) if page.numbers else {}
    return CheckedPage(0, 0, method, after, unanswered=len(numbers), outcomes=outcomes)


@shop_activity(transactions="several", final=PROVIDER_REFUSALS)
def check_order(check: OrderCheck) -> CheckedOrder:
    """Ask about one order."""
    order = _waiting().filter(number=check.number).first()
    if order is None:
        return CheckedOrder("ended")
    try:
        status = asking(gateway_for(order.payment_method)).status(reference=order.reference)
    except UnknownPayment:
        status = None
    return _take(order, status, by=check.by)


def _take(order: WaitingOrder, status: PaymentStatus | None, *, by: str) -> CheckedOrder:
    """Bring what a provider says about one payment to where all such news meets."""
    if status is None or status.state in GONE:
        return _disagree(order, status.state if status else UNKNOWN, by=by)
    if not (status.is_paid or status.state == ProviderState.FAILED):
        return CheckedOrder("waiting")
    news = PaymentReport(
        event_id=f"check:{status.reference}:{status.state}",
        order_number=order.number,
        status=PAID if status.is_paid else FAILED,
        amount=status.amount,
        currency=status.currency,
        reference=status.reference,
    )
    with transaction.atomic():
        Order.objects.locked(order.number)
        if status.is_paid and (known := _matched(order)):
            return CheckedOrder("paid", known)  # its saga may have missed it
        payment_event, _new = record_event(news, provider=order.payment_method, by=by)
        outcome = match_and_record(payment_event)
    if outcome == PaymentEventOutcome.REPORTED_FAILED:
        return CheckedOrder("failed")
    if outcome != PaymentEventOutcome.MATCHED:
        return CheckedOrder("paid" if outcome == PaymentEventOutcome.REPEATED else "unmatched")
    return CheckedOrder("paid", paid_with(payment_event))


def _matched(order: Order) -> PaidOrder | None:
    """The money that is known to be an order's, under whatever reference its payer sent it, once all has come."""
    payment_event = parts.confirming(order)
    return paid_with(payment_event) if payment_event else None


def _disagree(order: WaitingOrder, state: str, *, by: str) -> CheckedOrder:
    """The provider has given up, or does not know, what the order waits for: a person has to look."""
    with transaction.atomic():
        Order.objects.locked(order.number)
        if not _waiting().filter(pk=order.pk, reference=order.reference).exists():
            return CheckedOrder("ended")  # the shop gave it up itself while the provider was asked
        news = PaymentReport(
            event_id=f"check:{order.reference}:{state}",
            order_number=order.number,
            status=state,
            amount=order.rest,
            currency=order.currency,
            reference=order.reference,
        )
        payment_event, _new = record_event(news, provider=order.payment_method, by=by)
        match_and_record(payment_event)
    return CheckedOrder("unmatched")


@shop_activity(transactions="one")
def record_progress(progress: CheckProgress) -> None:
    """Write down how far a check has got."""
    totals = progress.totals
    check = PaymentCheck.objects.select_for_update().get(workflow_id=progress.workflow_id)
    if check.finished_at:
        return
    check.advance(
        processed=totals.processed,
        paid=totals.paid,
        failed=totals.failed,
        unanswered=totals.unanswered,
        batches=totals.batches,
        seconds=totals.seconds,
        **({"finished_at": timezone.now(), "ended_as": CheckEnd.FINISHED} if progress.finished else {}),
    )


@shop_activity(transactions="one")
def record_outcome(outcome: OrderOutcome) -> None:
    """Write down what a check has shown for one order."""
    PaymentCheckResult.record(outcome.workflow_id, outcome.number, outcome.outcome)


class NotBegun(Exception):
    """An order's fulfilment has not begun yet."""


@shop_activity(transactions="one")
def await_fulfilment(number: str) -> str:
    """Look whether an order's money is taken and its parcel is booked; returns the order's status then.

    The mirror is asked, and not the order's saga: that lets a few wait for it, and those are others.

    :raises NotBegun: not yet; look again
    """
    order = Order.objects.get(number=number)
    if order.undo_started_at is not None:
        raise RuleBroken(Refusal.ORDER_CLOSING, number=number)
    if order.status not in BEGUN or not Shipment.objects.filter(order=order).exists():
        raise NotBegun(number)
    return order.status


@shop_activity(transactions="one")
def end_check(ended: CheckEnded) -> None:
    """Write down that a check was broken off, unless it has ended or gone on since then."""
    check = PaymentCheck.objects.filter(workflow_id=ended.workflow_id, finished_at=None).first()
    if check and ended.changed_at in ("", check.changed_at.isoformat()):
        check.advance(ended_as=ended.ended_as, finished_at=timezone.now())


@shop_activity(transactions="one")
def unfinished_checks(most: int) -> list[CheckEnded]:
    """Checks that have not ended as far as we know, the youngest first, each with when it was heard of last."""
    rows = PaymentCheck.objects.filter(finished_at=None).order_by("-pk")[:most]
    return [CheckEnded(check.workflow_id, "", check.changed_at.isoformat()) for check in rows]


@activity.defn
async def find_broken_off(checks: list[CheckEnded]) -> list[CheckEnded]:
    """Ask Temporal which of these checks run no more although they did not say so, and how they ended."""
    client, places = activity.client(), asyncio.Semaphore(ASKED_AT_ONCE)

    async def look(check: CheckEnded) -> CheckEnded | None:
        try:
            async with places:
                described = await client.get_workflow_handle(check.workflow_id).describe()
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            return replace(check, ended_as=CheckEnd.LOST)
        ended_as = ENDS.get(described.status)
        return replace(check, ended_as=ended_as) if ended_as else None

    looks = await asyncio.gather(*(look(check) for check in checks))
    return [look for look in looks if look is not None]
