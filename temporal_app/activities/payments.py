"""The money of an order at its payment provider, step by step, forward and back."""

from django.db import transaction

from orders.models import Order, Payment, Refund, TypedWords
from orders.models.notification import MailKind
from orders.payments import books, gateway_for, order_credit, parts
from orders.payments import credit as credits
from orders.payments.gateway import (
    Declined,
    PaymentGateway,
    PaymentStatus,
    ProviderRefused,
    ProviderUnavailable,
    idempotency_key,
)
from orders.reconciliation.unmatched import return_rest
from orders.rules import actors, credit
from orders.rules.order_events import OrderEvent
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import PaymentState, RefundStage
from orders.rules.status import OrderStatus, WaitingFor
from temporal_app.activities.outbox import mail_customer
from temporal_app.activities.outside import asking
from temporal_app.activities.recording import FinalErrors, locked_for_step, moment, record_timeline_entry, shop_activity
from temporal_app.messages import Charge, OrderStep

UNSETTLED = [PaymentState.REQUESTED, PaymentState.HELD]


# What a provider refuses for good; it is not asked again. `ProviderUnavailable` is.
PROVIDER_REFUSALS: FinalErrors = {Declined: Refusal.PAYMENT_DECLINED, ProviderRefused: "ProviderRefused"}


@shop_activity(transactions="several", final=PROVIDER_REFUSALS)
def hold_payment(step: OrderStep) -> str:
    """Open a payment for what is to pay of an order, in place of any earlier one. `step.attempt` counts them. What is
    paid with credit is taken before the rest is asked for.

    :returns: the provider's reference
    :raises RuleBroken: the order is being undone, and what was opened is given up again; or there is less credit
    """
    attempt = step.attempt
    payment = _requested(step)
    gateway = gateway_of(payment)
    for earlier in payment.order.payments.filter(attempt__lt=attempt, state__in=UNSETTLED):
        _give_back(earlier, by=step.by)
    order_credit.take_part(payment.order)
    key = idempotency_key(step.number, "hold", attempt)
    hold = gateway.hold(order_number=step.number, amount=payment.amount, currency=payment.currency, key=key)
    with transaction.atomic():
        order = Order.objects.locked(step.number)
        payment.refresh_from_db()
        wanted = order.undo_started_at is None and payment.state in UNSETTLED
        if wanted:
            payment.move_to(PaymentState.HELD, reference=hold.reference)
            order.wait_for(WaitingFor.PAYMENT, moment(step.until))
            record_timeline_entry(
                order,
                OrderEvent.PAYMENT_REQUESTED,
                by=step.by,
                key=str(attempt),
                amount=str(payment.amount),
                until=step.until,
            )
            paid_at_once = payment.provider == credit.METHOD
            if not paid_at_once and (attempt > 1 or hasattr(order, "approval") or not gateway.takes_cards):
                lapsed = order.timeline.filter(key=f"{OrderEvent.PAYMENT_LAPSED}:{attempt - 1}").exists()
                said = {"lapsed": True} if lapsed else {}
                mail_customer(order, MailKind.PAYMENT_REQUESTED, key=str(attempt), **said)
    if not wanted:
        gateway.release(reference=hold.reference, key=idempotency_key(step.number, "release", attempt))
        raise RuleBroken(Refusal.ORDER_CLOSING, number=step.number)
    return hold.reference


def gateway_of(payment: Payment) -> PaymentGateway:
    """Its provider; whether that answers is noted."""
    return asking(gateway_for(payment.provider), number=payment.order.number)


def _requested(step: OrderStep) -> Payment:
    """The payment's row, written before the provider is called, so that undoing knows of it."""
    with transaction.atomic():
        order = locked_for_step(step.number)
        payment, _new = Payment.objects.get_or_create(
            order=order,
            attempt=step.attempt,
            defaults={"provider": order.payment_method, "amount": step.amount, "currency": order.currency},
        )
        return payment


@shop_activity(transactions="several", final=PROVIDER_REFUSALS)
def charge_card(charge: Charge) -> str:
    """Charge a card for one attempt at an order's payment.

    :returns: the provider's transaction id
    :raises RuleBroken: the card was declined, nothing is held any more, or a part has come by transfer
    """
    payment = Payment.objects.select_related("order").get(order__number=charge.number, attempt=charge.attempt)
    if payment.state != PaymentState.HELD:
        raise RuleBroken(Refusal.NOT_WAITING_FOR_PAYMENT, number=charge.number)
    if not parts.is_complete(payment.order) and (received := parts.received(payment.order)):
        raise RuleBroken(Refusal.PARTLY_PAID, number=charge.number, received=received)
    transaction_id = gateway_of(payment).charge(
        reference=payment.reference,
        amount=charge.amount,
        card_token=TypedWords.spoken(charge.card_token),
        key=idempotency_key(charge.number, "charge", charge.key),
    )
    with transaction.atomic():
        order = locked_for_step(charge.number)
        books.charged(payment)
        record_timeline_entry(
            order, OrderEvent.PAYMENT_CONFIRMED, by=charge.by, key=charge.key, transaction=transaction_id
        )
    return transaction_id


@shop_activity(transactions="several", final=PROVIDER_REFUSALS)
def capture_payment(step: OrderStep) -> str:
    """Take the money that is held. `step.attempt` is the payment whose money it is.

    :returns: the provider's transaction id
    :raises RuleBroken: the order is being undone, which returns what was taken here; or what a card's owner had
        authorised has run out
    """
    payment = Payment.objects.select_related("order").get(order__number=step.number, attempt=step.attempt)
    amount = step.amount or payment.amount
    _refuse_if_closing(step.number)
    try:
        transaction_id = gateway_of(payment).capture(
            reference=payment.reference,
            amount=amount,
            key=idempotency_key(step.number, "capture", payment.attempt),
        )
    except ProviderRefused:
        if not _has_lapsed(payment):
            raise
        _give_up_lapsed(payment)
        raise RuleBroken(Refusal.PAYMENT_LAPSED) from None
    with transaction.atomic():
        order = locked_for_step(step.number)
        payment.refresh_from_db()
        if payment.state in UNSETTLED:
            payment.move_to(PaymentState.CAPTURED, transaction=transaction_id)
            books.taken(payment, amount)
        order.move_to(OrderStatus.PAID)
        record_timeline_entry(order, OrderEvent.PAID, by=step.by, amount=str(amount), transaction=transaction_id)
        mail_customer(order, MailKind.PAYMENT_RECEIVED)
    return transaction_id


def _refuse_if_closing(number: str) -> None:
    """Refuse to go on with an order that is being undone."""
    with transaction.atomic():
        locked_for_step(number)


def _has_lapsed(payment: Payment) -> bool:
    """Whether a card was to be charged that has nothing authorised any more."""
    gateway = gateway_of(payment)
    if not gateway.takes_cards:
        return False
    status = gateway.status(reference=payment.reference)
    return not status.is_paid and not status.captured


def _give_up_lapsed(payment: Payment) -> None:
    """Nobody can pay with it any more, and what was told of its money counts no longer."""
    number = payment.order.number
    key = idempotency_key(number, "release", payment.attempt)
    gateway_of(payment).release(reference=payment.reference, key=key)
    with transaction.atomic():
        order = locked_for_step(number)
        if payment.move_to(PaymentState.RELEASED):
            books.lapsed(payment)
            told = {"key": str(payment.attempt), "amount": str(payment.amount)}
            record_timeline_entry(order, OrderEvent.PAYMENT_LAPSED, by=actors.SYSTEM, **told)


@shop_activity(transactions="several", final=PROVIDER_REFUSALS)
def return_money(step: OrderStep) -> None:
    """Give back all that is held or was captured for an order, asking the provider and not our memory what that is.

    A capture that we had given up on may arrive there late, and then there is something to refund where there was
    something to release: what is refused now need not be refused for ever.
    """
    if Refund.objects.filter(order__number=step.number, state=RefundStage.SENDING).exists():
        # no other begins once the order is being undone; what is left is known when this one has ended
        raise ProviderUnavailable("a refund in part is on its way")
    order_credit.return_part(Order.objects.get(number=step.number))  # whatever becomes of the rest
    for payment in Payment.objects.filter(order__number=step.number).select_related("order").order_by("-attempt"):
        _give_back(payment, by=step.by)
    _return_rest(step)


def _return_rest(step: OrderStep) -> None:
    """Give back what came for an order beyond what was taken, as where too much was accepted."""
    order = Order.objects.get(number=step.number)
    rest = books.on_account(order) - credits.part_of(order)
    if rest > 0:
        return_rest(order, rest, key=idempotency_key(step.number, "rest"))
        with transaction.atomic():
            order = Order.objects.locked(step.number)
            books.rest_returned(order)
            record_timeline_entry(order, OrderEvent.REFUNDED, by=step.by, key="rest", amount=str(rest))


def _give_back(payment: Payment, *, by: str) -> None:
    """Refund what was captured of one payment, or give up what is held."""
    reference = payment.reference or _lost_reference(payment)
    status = gateway_of(payment).status(reference=reference) if reference else None
    if status is not None and status.captured:
        _refund(payment, status, by=by)
    elif payment.state in UNSETTLED:
        _release(payment, reference, by=by)


def _refund(payment: Payment, status: PaymentStatus, *, by: str) -> None:
    owed = status.captured - status.refunded
    key = idempotency_key(payment.order.number, "refund", payment.attempt)
    if owed > 0:
        gateway_of(payment).refund(reference=status.reference, amount=owed, key=key)
    with transaction.atomic():
        order = Order.objects.locked(payment.order.number)
        payment.refresh_from_db(fields=["refunded"])
        left = status.captured - payment.refunded  # the rest went back before, in part
        payment.move_to(PaymentState.REFUNDED, reference=status.reference, refunded=status.captured)
        books.refunded(payment, status.captured, key=key)
        if left > 0:
            record_timeline_entry(order, OrderEvent.REFUNDED, by=by, key=str(payment.attempt), amount=str(left))


def _release(payment: Payment, reference: str, *, by: str) -> None:
    number = payment.order.number
    if reference:
        key = idempotency_key(number, "release", payment.attempt)
        gateway_of(payment).release(reference=reference, key=key)
    with transaction.atomic():
        order = Order.objects.locked(number)
        payment.move_to(PaymentState.RELEASED, reference=reference)
        books.released(payment)
        if reference:
            record_timeline_entry(
                order, OrderEvent.HOLD_RELEASED, by=by, key=str(payment.attempt), amount=str(payment.amount)
            )


def _lost_reference(payment: Payment) -> str:
    """The reference of a hold whose answer never reached us; empty where nothing was held."""
    number = payment.order.number
    key = idempotency_key(number, "hold", payment.attempt)
    hold = gateway_of(payment).find(order_number=number, key=key)
    return hold.reference if hold else ""
