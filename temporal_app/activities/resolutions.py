"""Carrying out what a person decided about a payment that did not match; each step twice is once."""

from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from orders.models import Order, PaymentEvent, Resolution
from orders.models.resolution import ResolutionAction
from orders.payments import books, parts
from orders.reconciliation import unmatched
from orders.reconciliation.matching import is_paid_otherwise
from orders.rules import actors
from orders.rules.order_events import OrderEvent
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import MismatchReason, PaymentEventOutcome, ResolutionState
from orders.rules.status import OrderStatus
from temporal_app.activities.payment_events import match_and_record, paid_with
from temporal_app.activities.payments import PROVIDER_REFUSALS
from temporal_app.activities.placing_anew import write_anew
from temporal_app.activities.recording import record_timeline_entry, shop_activity
from temporal_app.activities.second_person import asks_second_person, check_approved, check_decider
from temporal_app.messages import OrderInput, PaidOrder, ResolutionRefusal


def _read(decision_id: int) -> Resolution:
    """The decision and its payment event, which is locked."""
    decision = Resolution.objects.get(pk=decision_id)
    decision.payment_event = PaymentEvent.objects.select_for_update().get(pk=decision.payment_event_id)
    return decision


def _by(decision: Resolution) -> str:
    return actors.user(decision.decided_by_id)


@shop_activity(transactions="one")
def check_decision(decision_id: int) -> str:
    """Whether what was decided can still be done; returns the action. A part that is to go elsewhere is its order's no
    longer.

    :raises RuleBroken: it or the payment has been dealt with, this is no way out of what is odd about the payment, or
        the order is the own one of who decided
    """
    decision = _read(decision_id)
    ways_out = unmatched.ways_out(decision.payment_event)
    if decision.state != ResolutionState.REQUESTED or not ways_out:
        raise RuleBroken(Refusal.NOT_UNMATCHED)
    if decision.action not in ways_out:
        raise RuleBroken(Refusal.NO_SUCH_WAY_OUT)
    check_decider(decision)
    if decision.action != ResolutionAction.ACCEPT:
        _take_off(decision.payment_event)
    return decision.action


def _take_off(payment_event: PaymentEvent) -> None:
    if payment_event.outcome == PaymentEventOutcome.MATCHED:
        order = Order.objects.locked(payment_event.order_number)
        if order.status != OrderStatus.PENDING or order.undo_started_at or parts.is_complete(order):
            raise RuleBroken(Refusal.NOT_UNMATCHED)
        payment_event.move_to(PaymentEventOutcome.UNMATCHED, MismatchReason.TOO_LITTLE)


@shop_activity(transactions="one")
def put_aside(decision_id: int) -> None:
    """Nothing is done about the payment, for a reason."""
    _resolve(_read(decision_id), OrderEvent.PAYMENT_IGNORED)


@shop_activity(transactions="several", final=PROVIDER_REFUSALS)
def send_back(decision_id: int) -> None:
    """Have the provider (or finance) give the money back, once: done again, it finds out what became of it, and
    records that.

    :raises ProviderRefused: the provider has no such money, and has given none back
    """
    payment_event = Resolution.objects.select_related("payment_event").get(pk=decision_id).payment_event
    # the same key whoever decides, and however often: money goes back once
    key = f"payment_event-{payment_event.pk}:send_back"
    result = unmatched.send_back(payment_event, key=key)
    with transaction.atomic():
        decision = _read(decision_id)
        books.sent_back(decision.payment_event, key=key)
        _resolve(decision, OrderEvent.PAYMENT_SENT_BACK, result=result)


@shop_activity(transactions="one")
def note_unknown(decision_id: int) -> None:
    """Record that it is not known yet whether the money has gone back."""
    Resolution.objects.get(pk=decision_id).note_unknown(timezone.now())


def _resolve(decision: Resolution, event: OrderEvent, *, result: str = "") -> None:
    payment_event = decision.payment_event
    if payment_event.outcome == PaymentEventOutcome.UNMATCHED:
        payment_event.move_to(PaymentEventOutcome.RESOLVED, payment_event.reason)
    order = unmatched.order_of(payment_event)
    _note(decision, event, order.number if order else "")
    decision.move_to(ResolutionState.DONE, at=timezone.now(), result=result)


def settle_credited(payment_event_id: int, customer_id: int, amount: Decimal) -> Decimal:
    """A payment that suits no order is kept as its customer's credit, as a person has decided; returns how much there
    is of it.

    :raises RuleBroken: nobody has decided so, or a second person has not approved it, or it is for an order of who did
    """
    payment_event = PaymentEvent.objects.select_for_update().filter(pk=payment_event_id).first()
    wanted = Resolution.objects.filter(action=ResolutionAction.CREDIT, state=ResolutionState.REQUESTED)
    decision = wanted.filter(payment_event=payment_event).first() if payment_event else None
    order = unmatched.order_of(payment_event) if payment_event else None
    if payment_event is None or decision is None or order is None or order.customer_id != customer_id:
        raise RuleBroken(Refusal.NOT_UNMATCHED)
    if amount != payment_event.amount or payment_event.outcome != PaymentEventOutcome.UNMATCHED:
        raise RuleBroken(Refusal.CREDIT_NOT_THERE, left=payment_event.amount, amount=amount)
    decision.payment_event = payment_event
    check_decider(decision)
    check_approved(decision)
    _resolve(decision, OrderEvent.PAYMENT_CREDITED)
    return payment_event.amount


def _note(decision: Resolution, event: OrderEvent, number: str, **details: str) -> None:
    """Write on the order's timeline, where there is such an order."""
    order = Order.objects.filter(number=number).first()
    if order:
        amount = str(decision.payment_event.amount)
        words = {"amount": amount, "reason": decision.reason, **details}
        record_timeline_entry(order, event, by=_by(decision), key=str(decision.pk), **words)


@shop_activity(transactions="one")
def place_anew(decision_id: int) -> OrderInput:
    """Write a new order with the lines of one that has ended, at the prices of then; what its saga starts with.

    :raises RuleBroken: the order has not ended yet, or something is sold out
    """
    decision = _read(decision_id)
    old = Order.objects.locked(decision.payment_event.order_number)
    if old.status != OrderStatus.CANCELLED:
        code = Refusal.NOT_UNDONE_YET if old.status == OrderStatus.ROLLBACK_INCOMPLETE else Refusal.ORDER_CLOSING
        raise RuleBroken(code, number=old.number)
    return write_anew(
        old,
        cart_id=_cart(decision),
        payment_method=decision.payment_event.provider,  # that is where the money is
        by=_by(decision),
        as_sold_then=True,
        key=str(decision.pk),
        amount=str(decision.payment_event.amount),
        reason=decision.reason,
    )


def _cart(decision: Resolution) -> str:
    """What stands for a cart in an order that is placed anew: it makes one order of carrying a decision out twice."""
    return f"anew-{decision.pk}"


@shop_activity(transactions="one")
def hand_to_order(decision_id: int) -> PaidOrder | None:
    """Match the payment with the order that was decided on; None where it does not match that one either, or is only a
    part of what that waits for.

    :raises RuleBroken: there is no such order, or it takes no payment any more
    """
    decision = _read(decision_id)
    if decision.state == ResolutionState.REQUESTED:
        if decision.action == ResolutionAction.ACCEPT:
            _accept(decision)
        else:
            _assign(decision)
    payment_event = decision.payment_event
    if payment_event.outcome != PaymentEventOutcome.MATCHED:
        return None
    return paid_with(payment_event)


def _accept(decision: Resolution) -> None:
    payment_event = decision.payment_event
    order = Order.objects.locked(payment_event.order_number)
    complete = payment_event.outcome == PaymentEventOutcome.MATCHED and parts.is_complete(order)
    taken = complete or is_paid_otherwise(payment_event, order)
    if order.status != OrderStatus.PENDING or order.undo_started_at or taken:
        raise RuleBroken(Refusal.ORDER_NOT_PENDING, number=order.number, status=order.status)
    if asks_second_person(decision) is not None:
        raise RuleBroken(Refusal.NOT_APPROVED, why="–")
    if not payment_event.accept():
        payment_event.move_to(PaymentEventOutcome.MATCHED, payment_event.reason)
    _note(decision, OrderEvent.PAYMENT_ACCEPTED, order.number, total=str(order.total))
    decision.move_to(ResolutionState.DONE, at=timezone.now(), total=str(order.total))


def _assign(decision: Resolution) -> None:
    payment_event = decision.payment_event
    if decision.action == ResolutionAction.REOPEN:
        number = Order.objects.get(cart_id=_cart(decision)).number
    else:
        number = Order.objects.locked(decision.order_number).number
    payment_event.assign(number)
    _note(decision, OrderEvent.PAYMENT_ASSIGNED, number)
    match_and_record(payment_event)
    decision.move_to(ResolutionState.DONE, at=timezone.now(), result=number, mismatch=payment_event.reason)


@shop_activity(transactions="one")
def refuse_decision(refusal: ResolutionRefusal) -> None:
    """Note why a decision could not be carried out; the payment stays in front of people."""
    decision = Resolution.objects.select_for_update().get(pk=refusal.decision_id)
    if decision.state == ResolutionState.REQUESTED:  # what was carried out is not refused
        decision.move_to(ResolutionState.REFUSED, at=timezone.now(), result=refusal.code, **refusal.details)
