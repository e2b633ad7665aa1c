"""Payments that did not match: what can be done about each, and how money goes back."""

from collections.abc import Callable
from decimal import Decimal

from django.conf import settings

from orders.models import Order, Payment, PaymentEvent, RefundTask, Resolution
from orders.models.resolution import ResolutionAction
from orders.payments import gateway_for, parts, takes_parts
from orders.payments.bank_transfer import BankTransferGateway, return_parts
from orders.payments.gateway import PaymentGateway, PaymentStatus, ProviderRefused, ProviderState
from orders.payments.sandbox import SandboxGateway
from orders.rules import identifiers
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import MismatchReason, PaymentEventOutcome, PaymentState, ResolutionState
from orders.rules.status import OrderStatus

ASSIGN, ACCEPT, REFUND, REOPEN, IGNORE, ALLOCATE, CREDIT, GIVE_BACK = ResolutionAction
WAYS_OUT: dict[str, tuple[ResolutionAction, ...]] = {
    MismatchReason.UNKNOWN_ORDER: (ASSIGN, ALLOCATE, REFUND, IGNORE),
    MismatchReason.TOO_LITTLE: (ACCEPT, ASSIGN, REFUND, IGNORE),
    MismatchReason.TOO_MUCH: (CREDIT, GIVE_BACK, ACCEPT, ALLOCATE, ASSIGN, REFUND, IGNORE),
    MismatchReason.SECOND_PAYMENT: (REFUND, CREDIT, ASSIGN, ALLOCATE, IGNORE),
    MismatchReason.AFTER_CANCELLATION: (REOPEN, REFUND, CREDIT, ASSIGN, ALLOCATE, IGNORE),
    MismatchReason.OTHER_METHOD: (REFUND, ASSIGN, IGNORE),
    MismatchReason.WRONG_CURRENCY: (REFUND, IGNORE),
    MismatchReason.REMAINDER: (REFUND, CREDIT, ASSIGN, ALLOCATE, IGNORE),
    MismatchReason.REFUND_RETURNED: (REFUND, IGNORE),
    MismatchReason.PROVIDER_DISAGREES: (IGNORE,),  # there is no money; the order itself has to be looked at
}


def ways_out(payment_event: PaymentEvent) -> tuple[ResolutionAction, ...]:
    """What can be done about a payment that did not match, the most likely first; or about a part whose rest is
    missing."""
    if payment_event.outcome == PaymentEventOutcome.MATCHED:
        return (ACCEPT, ASSIGN, REFUND) if is_short(payment_event) else ()
    if payment_event.outcome != PaymentEventOutcome.UNMATCHED:
        return ()
    ways = WAYS_OUT.get(payment_event.reason, (IGNORE,))
    if not takes_parts(payment_event.provider):
        ways = tuple(way for way in ways if way not in (ALLOCATE, GIVE_BACK))
    asks = {CREDIT: may_be_credited, REOPEN: _may_be_placed_anew}
    return tuple(way for way in ways if way not in asks or asks[way](payment_event))


def offered(payment_event: PaymentEvent) -> tuple[ResolutionAction, ...]:
    """The ways out that people choose among: where what is too much can be credited or sent back, it is not just
    accepted."""
    ways = ways_out(payment_event)
    return tuple(way for way in ways if way != ACCEPT or GIVE_BACK not in ways)


def order_of(payment_event: PaymentEvent) -> Order | None:
    """The order that a payment names, or that what it is left over from has named."""
    named = payment_event.order_number or (payment_event.part_of.order_number if payment_event.part_of else "")
    return Order.objects.filter(number=named).first() if named else None


def may_be_credited(payment_event: PaymentEvent) -> bool:
    """Whether it can be kept as a credit: for a customer with an account, in the shop's currency. Of what is too much
    for an order, that gets its share first."""
    order = order_of(payment_event)
    if order is None or order.customer_id is None or payment_event.currency != settings.CURRENCY:
        return False
    return payment_event.reason != MismatchReason.TOO_MUCH or takes_parts(payment_event.provider)


def _may_be_placed_anew(payment_event: PaymentEvent) -> bool:
    """Whether its order still says for whom; where the customer is forgotten it does not."""
    order = order_of(payment_event)
    return order is None or bool(order.email)


def too_much(payment_event: PaymentEvent) -> Decimal:
    """What of a payment is not for the order that it came for."""
    order = order_of(payment_event)
    if order is None or payment_event.reason != MismatchReason.TOO_MUCH:
        return payment_event.amount
    return payment_event.amount - parts.missing(order)


def is_short(payment_event: PaymentEvent) -> bool:
    """Whether it is a part of what an order waits for, and the rest has not come."""
    order = Order.objects.filter(
        number=payment_event.order_number, status=OrderStatus.PENDING, undo_started_at=None
    ).first()
    return order is not None and takes_parts(order.payment_method) and not parts.is_complete(order)


def under_way(payment_events: list[PaymentEvent]) -> dict[int, Resolution]:
    """What has been decided about these payments and is still being carried out, by payment event."""
    decisions = Resolution.objects.filter(payment_event__in=payment_events, state=ResolutionState.REQUESTED)
    return {decision.payment_event_id: decision for decision in decisions.select_related("payment_event", "decided_by")}


def send_back(payment_event: PaymentEvent, *, key: str) -> str:
    """Give back money that came in but that no order uses, once for each key: done again, it asks what became of it.

    :returns: the provider's id of it, or that of the task for finance
    :raises ProviderRefused: the provider has no such money, and has given none back
    :raises RuleBroken: an order needs this very payment
    """
    give_back = BY_PROVIDER.get(payment_event.provider, _by_provider)
    return give_back(payment_event, key)


def return_rest(order: Order, amount: Decimal, *, key: str) -> None:
    """Give back what came in for an order beside any payment of ours, once for each key.

    :raises ProviderRefused: its provider has no such money
    """
    if order.payment_method == BankTransferGateway.name:
        return_parts(order)
        return
    if order.payment_method != SandboxGateway.name:
        raise ProviderRefused(f"{amount} {order.currency} more came in than was taken; somebody has to see where it is")
    SandboxGateway().send_back(reference="", order_number=order.number, amount=amount, currency=order.currency, key=key)


def _by_finance(payment_event: PaymentEvent, key: str) -> str:
    task = RefundTask.ask(
        key=key,
        order_number=payment_event.order_number or payment_event.reference[:40],
        amount=payment_event.amount,
        currency=payment_event.currency,
        money=payment_event,
    )
    return identifiers.refund_task(task.pk)


def _by_sandbox(payment_event: PaymentEvent, key: str) -> str:
    return SandboxGateway().send_back(
        reference=payment_event.reference,
        order_number=payment_event.order_number,
        amount=payment_event.amount,
        currency=payment_event.currency,
        key=key,
    )


def _by_provider(payment_event: PaymentEvent, key: str) -> str:
    if Payment.objects.filter(
        reference=payment_event.reference,
        provider=payment_event.provider,
        state__in=[PaymentState.HELD, PaymentState.CAPTURED],
    ).exists():
        raise RuleBroken(Refusal.PAYMENT_IN_USE)
    gateway = gateway_for(payment_event.provider)
    try:
        return _refund_or_release(gateway, payment_event, key)
    except ProviderRefused:
        status = gateway.status(reference=payment_event.reference)
        if not _is_back(status, payment_event):
            raise
        return status.state  # it has gone back already, by whatever hand


def _is_back(status: PaymentStatus, payment_event: PaymentEvent) -> bool:
    gone = status.state in (ProviderState.RELEASED, ProviderState.REFUNDED)
    return gone or status.refunded >= payment_event.amount


def _refund_or_release(gateway: PaymentGateway, payment_event: PaymentEvent, key: str) -> str:
    status = gateway.status(reference=payment_event.reference)
    if status.captured:
        return gateway.refund(reference=payment_event.reference, amount=payment_event.amount, key=key)
    if status.state == ProviderState.AUTHORISED:
        gateway.release(reference=payment_event.reference, key=key)
    elif status.state != ProviderState.RELEASED:
        raise ProviderRefused(f"the payment is {status.state}; there is nothing to send back")
    return "released"


BY_PROVIDER: dict[str, Callable[[PaymentEvent, str], str]] = {
    BankTransferGateway.name: _by_finance,
    SandboxGateway.name: _by_sandbox,
}
