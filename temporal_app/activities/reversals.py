"""Carrying out what people decide about steps that could not be undone; each activity twice is once.

An order that reads "rollback incomplete" is cancelled with the last of its failed reversals.
"""

from django.utils import timezone

from orders.authorization.own_orders import is_own_of
from orders.models import CompensationFailure, Product, ReversalDecision
from orders.models.compensation import ReversalAction
from orders.models.notification import MailKind
from orders.payments import books
from orders.rules import actors
from orders.rules.approvals import ApprovalOutcome
from orders.rules.order_events import OrderEvent
from orders.rules.refusals import Refusal
from orders.rules.states import ReservationState, ResolutionState, ReversalState
from orders.rules.status import OrderStatus
from temporal_app.activities.orders import close_undone
from temporal_app.activities.outbox import mail
from temporal_app.activities.recording import record_timeline_entry, shop_activity
from temporal_app.messages import ApprovalResult, RetryOutcome, UndoRetry


def _read(decision_id: int) -> ReversalDecision:
    """The decision and its failed reversal, whose row is locked, and its order's before it."""
    decision = ReversalDecision.objects.get(pk=decision_id)
    decision.failure = CompensationFailure.objects.locked(decision.failure_id)
    decision.refresh_from_db(fields=["state"])
    return decision


def _is_for_own_order(decision: ReversalDecision) -> bool:
    return is_own_of(decision.failure.order, actors.user(decision.decided_by_id))


@shop_activity(transactions="one")
def begin_retry(failure_id: int) -> UndoRetry | None:
    """What to undo once more, and for whom; None where nobody wants that any more."""
    failure = CompensationFailure.objects.locked(failure_id)
    decision = failure.under_way()
    if decision is None or decision.action != ReversalAction.RETRY or not failure.is_open:
        return None
    if _is_for_own_order(decision):
        decision.move_to(ResolutionState.REFUSED, at=timezone.now(), result=Refusal.OWN_ORDER)
        return None
    order, by = failure.order, actors.user(decision.decided_by_id)
    return UndoRetry(decision.pk, order.number, failure.step, by, payment_method=order.payment_method)


@shop_activity(transactions="one")
def record_retry(outcome: RetryOutcome) -> None:
    """Write down how trying once more went."""
    decision = _read(outcome.decision_id)
    if decision.state != ResolutionState.REQUESTED:
        return
    if not outcome.error:
        _settle(decision, ReversalState.UNDONE, OrderEvent.UNDO_RETRIED, by=actors.user(decision.decided_by_id))
        return
    failure = decision.failure
    failure.failed_again(outcome.error)
    decision.move_to(ResolutionState.REFUSED, at=timezone.now(), result=outcome.error)
    _note(decision, OrderEvent.UNDO_RETRY_FAILED, by=actors.user(decision.decided_by_id), error=outcome.error)


@shop_activity(transactions="one")
def settle_by_hand(decision_id: int) -> None:
    """Write down that a person has undone a step outside the shop; goods that were promised are free again."""
    decision = _read(decision_id)
    if decision.state != ResolutionState.REQUESTED:
        return
    own = _is_for_own_order(decision)
    if own or not decision.failure.is_open:
        why = Refusal.OWN_ORDER if own else Refusal.REVERSAL_SETTLED
        decision.move_to(ResolutionState.REFUSED, at=timezone.now(), result=why)
        return
    if decision.failure.holds_goods:
        _clear_reservations(decision.failure, ReservationState.RELEASED)
    by = actors.user(decision.decided_by_id)
    _settle(decision, ReversalState.SETTLED_BY_HAND, OrderEvent.UNDO_SETTLED_BY_HAND, by=by, evidence=decision.text)


def open_write_off(decision: ReversalDecision) -> None:
    """Write on the order's timeline that somebody asks to write a step off."""
    by, amount = actors.user(decision.decided_by_id), str(decision.failure.at_risk)
    _note(decision, OrderEvent.WRITE_OFF_REQUESTED, by=by, amount=amount, why=decision.text)


def end_write_off(decision_id: int, result: ApprovalResult) -> None:
    """Write a step off as it was approved, or leave it open; whoever asked hears of it."""
    decision = _read(decision_id)
    if decision.state != ResolutionState.REQUESTED:
        return
    if result.outcome == ApprovalOutcome.APPROVED and not _is_for_own_order(decision):
        if decision.failure.holds_goods:
            _clear_reservations(decision.failure, ReservationState.SHIPPED)
        amount = str(decision.failure.at_risk)
        _settle(decision, ReversalState.WRITTEN_OFF, OrderEvent.WRITTEN_OFF, by=result.by, amount=amount)
    else:
        why = Refusal.OWN_ORDER if _is_for_own_order(decision) else result.reason
        decision.move_to(ResolutionState.REFUSED, at=timezone.now(), result=why)
        _note(decision, OrderEvent.WRITE_OFF_REFUSED, by=result.by, why=why)
    mail(
        MailKind.WRITE_OFF_DECIDED,
        to=actors.user(decision.decided_by_id),
        key=f"write-off:{decision.pk}",
        order=decision.failure.order,
        data={"approval": decision.approval.pk},
    )


def _settle(decision: ReversalDecision, state: ReversalState, event: OrderEvent, *, by: str, **details: str) -> None:
    failure, now = decision.failure, timezone.now()
    failure.move_to(state, at=now)
    if failure.step == "payment" and state != ReversalState.UNDONE:
        written_off = state == ReversalState.WRITTEN_OFF
        books.reversal_settled(failure.order, cause=f"reversal-{failure.pk}", written_off=written_off)
    decision.move_to(ResolutionState.DONE, at=now)
    _note(decision, event, by=by, **details)
    order = failure.order
    if order.status == OrderStatus.ROLLBACK_INCOMPLETE:
        why = order.timeline.get(kind=OrderEvent.ROLLBACK_INCOMPLETE).data
        close_undone(order, code=why["code"], reason=why["reason"], by=by)


def _note(decision: ReversalDecision, event: OrderEvent, *, by: str, **details: str) -> None:
    failure = decision.failure
    record_timeline_entry(failure.order, event, by=by, key=str(decision.pk), step=failure.step, **details)


def _clear_reservations(failure: CompensationFailure, state: ReservationState) -> None:
    """What an order still holds is in the shop again (released) or gone for good (shipped)."""
    for reservation in failure.order.reservations.filter(state=ReservationState.HELD).order_by("product_id"):
        reservation.move_to(state)
        product = Product.objects.filter(pk=reservation.product_id)
        if state == ReservationState.RELEASED:
            product.release(reservation.quantity)
        else:
            product.ship(reservation.quantity)
