"""Whether money for an order has come in whatever way: nobody is asked for it again then."""

from orders.models import Order, PaymentEvent
from orders.models.stripe import StripeSession
from orders.payments import parts
from orders.payments.card import looked_at
from orders.payments.reports import PAID
from orders.reconciliation.near import near
from orders.rules.states import PaymentEventOutcome

ODD_ONES = 20  # payments that name no order, looked at, the youngest


def may_be_paid(order: Order) -> bool:
    """Whether money has come that may be what an order still waits for: matched, charged, not matched yet, in front of
    a person, or meant for it by all appearances. A part of it alone is not."""
    if parts.is_complete(order) or parts.is_charged(order) or looked_at(order):
        return True
    told = PaymentEvent.objects.filter(order_number=order.number, outcome=PaymentEventOutcome.RECEIVED, status=PAID)
    return told.exists() or _is_paid_on_page(order) or _is_meant(order)


def _is_paid_on_page(order: Order) -> bool:
    """Whether its customer has paid on Stripe's page, which its webhook has not told so far."""
    payment = order.payments.order_by("-attempt").first()
    if payment is None or not payment.reference:
        return False
    return StripeSession.objects.filter(hold=payment.reference, is_over=True).exclude(intent="").exists()


def _is_meant(order: Order) -> bool:
    """Whether a payment that names no order of the shop is, of all orders, nearest to this one, and is what its
    customer has to pay or what is missing of that."""
    odd = PaymentEvent.objects.filter(
        outcome=PaymentEventOutcome.UNMATCHED,
        provider=order.payment_method,
        currency=order.currency,
        amount__in=[order.rest, parts.missing(order)],
    ).order_by("-pk")
    named = set(Order.objects.filter(number__in=odd.values("order_number")).values_list("number", flat=True))
    nearest = [near(event)[:1] for event in odd.exclude(order_number__in=named)[:ODD_ONES]]
    return any(one.order.pk == order.pk for found in nearest for one in found)
