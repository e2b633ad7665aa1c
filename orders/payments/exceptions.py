"""Payments that did not match: what can be done about each, which orders may be meant, and how money goes back."""

import re
from collections.abc import Callable
from difflib import SequenceMatcher

from django.db.models import Q

from orders.models import Order, Payment, PaymentNotice
from orders.models.bank import RefundTask
from orders.models.exceptions import ExceptionAction
from orders.models.payment import NoticeOutcome, PaymentState
from orders.payments import gateway_for
from orders.payments.bank_transfer import BankTransferGateway
from orders.payments.gateway import ProviderRefused, ProviderState
from orders.payments.intake import Oddity
from orders.payments.sandbox import SandboxGateway
from orders.rules.status import OrderStatus, WaitingFor

ASSIGN, ACCEPT, REFUND, REOPEN, IGNORE = ExceptionAction
WAYS_OUT: dict[str, tuple[ExceptionAction, ...]] = {
    Oddity.UNKNOWN_ORDER: (ASSIGN, REFUND, IGNORE),
    Oddity.TOO_LITTLE: (ACCEPT, ASSIGN, REFUND, IGNORE),
    Oddity.TOO_MUCH: (ACCEPT, ASSIGN, REFUND, IGNORE),
    Oddity.SECOND_PAYMENT: (REFUND, ASSIGN, IGNORE),
    Oddity.AFTER_CANCELLATION: (REOPEN, REFUND, ASSIGN, IGNORE),
    Oddity.OTHER_METHOD: (REFUND, ASSIGN, IGNORE),
    Oddity.WRONG_CURRENCY: (REFUND, IGNORE),
    Oddity.PROVIDER_DISAGREES: (IGNORE,),  # there is no money; the order itself has to be looked at
}
PROPOSED = 5
LIKE = 0.75  # from here on two references are one with a slip of the pen
DIGITS = re.compile(r"\d{3,}")


def ways_out(notice: PaymentNotice) -> tuple[ExceptionAction, ...]:
    """What can be done about a payment that did not match, the most likely first."""
    if notice.outcome != NoticeOutcome.EXCEPTION:
        return ()
    return WAYS_OUT.get(notice.reason, (IGNORE,))


def near_orders(notice: PaymentNotice) -> list[Order]:
    """Orders that a payment may be meant for: those that wait for it under a name like the one that came with it,
    then those that wait for exactly this amount."""
    waiting = Order.objects.filter(
        status=OrderStatus.PENDING,
        waiting_for=WaitingFor.PAYMENT,
        payment_method=notice.provider,
        undo_started_at=None,
    )
    told = f"{notice.order_number} {notice.reference}".upper()
    tails = Q(pk__in=())
    for digits in DIGITS.findall(told)[:10]:
        tails |= Q(number__endswith=f"-{int(digits):06d}") | Q(payments__reference__contains=digits)
    alike = list(waiting.filter(tails).distinct().order_by("-placed_at")[: 4 * PROPOSED])
    priced_so = waiting.filter(total=notice.amount, currency=notice.currency)
    by_amount = list(priced_so.order_by("-placed_at")[: 4 * PROPOSED])
    found = {order.pk: order for order in [*alike, *by_amount]}
    ranked = sorted(found.values(), key=lambda order: _nearness(order, notice, told), reverse=True)
    return ranked[:PROPOSED]


def _nearness(order: Order, notice: PaymentNotice, told: str) -> float:
    """How likely an order is meant: likeness of its number, and twice as much for the exact amount."""
    like = max((SequenceMatcher(None, order.number, word).ratio() for word in told.split()), default=0.0)
    return (like if like >= LIKE else like / 2) + 2 * (order.total == notice.amount)


def send_back(notice: PaymentNotice, *, key: str) -> str:
    """Give back money that came in but that no order uses, once for each key.

    :returns: the provider's id of it, or that of the task for finance
    :raises ProviderRefused: the provider has no such money
    """
    give_back = BY_PROVIDER.get(notice.provider, _by_provider)
    return give_back(notice, key)


def _by_finance(notice: PaymentNotice, key: str) -> str:
    task = RefundTask.ask(
        key=key,
        order_number=notice.order_number or notice.reference[:40],
        amount=notice.amount,
        currency=notice.currency,
        money=notice,
    )
    return f"refund-task-{task.pk}"


def _by_sandbox(notice: PaymentNotice, key: str) -> str:
    return SandboxGateway().send_back(
        reference=notice.reference,
        order_number=notice.order_number,
        amount=notice.amount,
        currency=notice.currency,
        key=key,
    )


def _by_provider(notice: PaymentNotice, key: str) -> str:
    if Payment.objects.filter(
        reference=notice.reference, provider=notice.provider, state__in=[PaymentState.HELD, PaymentState.CAPTURED]
    ).exists():
        raise ProviderRefused("an order waits for this very payment, or has used it")
    gateway = gateway_for(notice.provider)
    status = gateway.status(reference=notice.reference)
    if status.captured:
        return gateway.refund(reference=notice.reference, amount=notice.amount, key=key)
    if status.state == ProviderState.AUTHORISED:
        gateway.release(reference=notice.reference, key=key)
    elif status.state != ProviderState.RELEASED:
        raise ProviderRefused(f"the payment is {status.state}; there is nothing to send back")
    return "released"


BY_PROVIDER: dict[str, Callable[[PaymentNotice, str], str]] = {
    BankTransferGateway.name: _by_finance,
    SandboxGateway.name: _by_sandbox,
}
