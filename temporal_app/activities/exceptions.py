"""Carrying out what a person decided about a payment that did not match; each step twice is once."""

from django.db import transaction
from django.utils import timezone

from orders.models import ExceptionDecision, Order, PaymentNotice
from orders.models.exceptions import ExceptionAction, ExceptionState
from orders.models.notification import MailKind
from orders.models.payment import NoticeOutcome
from orders.payments import exceptions
from orders.rules.happenings import Happening
from orders.rules.limits import check_available
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.status import OrderStatus
from temporal_app import names
from temporal_app.activities.carts import saga_input
from temporal_app.activities.notices import confirmation_of, match_or_remark
from temporal_app.activities.outbox import mail_customer
from temporal_app.activities.payments import calls_provider
from temporal_app.activities.recording import note, recorded
from temporal_app.messages import ExceptionRefusal, OrderInput, PaidOrder


def _read(decision_id: int) -> ExceptionDecision:
    """The decision and its notice, the notice locked."""
    decision = ExceptionDecision.objects.get(pk=decision_id)
    decision.notice = PaymentNotice.objects.select_for_update().get(pk=decision.notice_id)
    return decision


def _by(decision: ExceptionDecision) -> str:
    return names.user(decision.decided_by_id)


@recorded
def check_decision(decision_id: int) -> str:
    """Whether what was decided can still be done; answers the action.

    :raises RuleBroken: it or the payment has been dealt with, or this is no way out of what is odd about the payment
    """
    decision = _read(decision_id)
    if decision.state != ExceptionState.REQUESTED or decision.notice.outcome != NoticeOutcome.EXCEPTION:
        raise RuleBroken(Refusal.NOT_AN_EXCEPTION)
    if decision.action not in exceptions.ways_out(decision.notice):
        raise RuleBroken(Refusal.NO_SUCH_WAY_OUT)
    return decision.action


@recorded
def put_aside(decision_id: int) -> None:
    """Nothing is done about the payment, for a reason."""
    _settle(_read(decision_id), Happening.PAYMENT_IGNORED)


@calls_provider
def send_back(decision_id: int) -> None:
    """Have the provider (or finance) give the money back, once.

    :raises ProviderRefused: the provider has no such money
    """
    notice = ExceptionDecision.objects.select_related("notice").get(pk=decision_id).notice
    # the same key whoever decides, and however often: money goes back once
    result = exceptions.send_back(notice, key=f"notice-{notice.pk}:send_back")
    with transaction.atomic():
        _settle(_read(decision_id), Happening.PAYMENT_SENT_BACK, result=result)


def _settle(decision: ExceptionDecision, happening: Happening, *, result: str = "") -> None:
    notice = decision.notice
    if notice.outcome == NoticeOutcome.EXCEPTION:
        notice.settle(NoticeOutcome.SETTLED, notice.reason)
    _note(decision, happening, notice.order_number)
    decision.end(ExceptionState.DONE, at=timezone.now(), result=result)


def _note(decision: ExceptionDecision, happening: Happening, number: str, **details: str) -> None:
    """Write on the order's timeline, where there is such an order."""
    order = Order.objects.filter(number=number).first()
    if order:
        amount = str(decision.notice.amount)
        words = {"amount": amount, "reason": decision.reason, **details}
        note(order, happening, by=_by(decision), key=str(decision.pk), **words)


@recorded
def place_anew(decision_id: int) -> OrderInput:
    """Write a new order with the lines of one that has ended, at the prices of then; what its saga starts with.

    :raises RuleBroken: the order has not ended yet, or something is sold out
    """
    decision = _read(decision_id)
    old = Order.objects.locked(decision.notice.order_number)
    if old.status != OrderStatus.CANCELLED:
        raise RuleBroken(Refusal.ORDER_CLOSING, number=old.number)
    order = Order.objects.filter(cart_id=_cart(decision)).first() or _copy(old, decision)
    note(order, Happening.PLACED, by=_by(decision), total=str(order.total))
    note(order, Happening.PLACED_ANEW, by=_by(decision), old=old.number)
    _note(decision, Happening.PLACED_ANEW, old.number, new=order.number)
    mail_customer(order, MailKind.ORDER_PLACED)
    return saga_input(order, requested_by=names.customer(order.customer_id))


def _cart(decision: ExceptionDecision) -> str:
    """What stands for a cart in an order that is placed anew: it makes one order of carrying a decision out twice."""
    return f"anew-{decision.pk}"


def _copy(old: Order, decision: ExceptionDecision) -> Order:
    lines = []
    for line in old.lines.select_related("product").order_by("pk"):
        product = line.product
        check_available(name=product.name, wanted=line.quantity, available=product.available if product.active else 0)
        product.name, product.price = line.name, line.unit_price  # as sold then; the product's row stays as it is
        lines.append((product, line.quantity))
    return Order.place(
        at=timezone.now(),
        lines=lines,
        cart_id=_cart(decision),
        customer_id=old.customer_id,
        language=old.language,
        payment_method=decision.notice.provider,  # that is where the money is
        currency=old.currency,
        **old.address(),
    )


@recorded
def hand_to_order(decision_id: int) -> PaidOrder | None:
    """Match the payment with the order that was decided on; None where it does not match that one either.

    :raises RuleBroken: there is no such order, or it takes no payment any more
    """
    decision = _read(decision_id)
    if decision.state == ExceptionState.REQUESTED:
        if decision.action == ExceptionAction.ACCEPT:
            _accept(decision)
        else:
            _assign(decision)
    notice = decision.notice
    if notice.outcome != NoticeOutcome.MATCHED:
        return None
    return PaidOrder(notice.order_number, notice.pk, confirmation_of(notice))


def _accept(decision: ExceptionDecision) -> None:
    notice = decision.notice
    order = Order.objects.locked(notice.order_number)
    taken = PaymentNotice.objects.filter(order_number=order.number, outcome=NoticeOutcome.MATCHED).exists()
    if order.status != OrderStatus.PENDING or order.undo_started_at or taken:
        raise RuleBroken(Refusal.ORDER_NOT_PENDING, number=order.number, status=order.status)
    notice.settle(NoticeOutcome.MATCHED, notice.reason)
    _note(decision, Happening.PAYMENT_ACCEPTED, order.number, total=str(order.total))
    decision.end(ExceptionState.DONE, at=timezone.now(), total=str(order.total))


def _assign(decision: ExceptionDecision) -> None:
    notice = decision.notice
    if decision.action == ExceptionAction.REOPEN:
        number = Order.objects.get(cart_id=_cart(decision)).number
    else:
        number = Order.objects.locked(decision.order_number).number
    notice.assign(number)
    _note(decision, Happening.PAYMENT_ASSIGNED, number)
    match_or_remark(notice)
    decision.end(ExceptionState.DONE, at=timezone.now(), result=number, oddity=notice.reason)


@recorded
def refuse_decision(refusal: ExceptionRefusal) -> None:
    """Note why a decision could not be carried out; the payment stays in front of people."""
    decision = ExceptionDecision.objects.get(pk=refusal.decision_id)
    decision.end(ExceptionState.REFUSED, at=timezone.now(), result=refusal.code, **refusal.details)
