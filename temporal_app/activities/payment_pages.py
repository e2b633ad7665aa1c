"""Sending a customer to the payment provider's own page."""

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from orders.models import Order, Payment
from orders.payments import parts
from orders.payments.card import looked_at
from orders.payments.gateway import PaidAlready
from orders.payments.stripe_sessions import StripePages
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import PaymentState
from orders.rules.status import WaitingFor
from temporal_app.activities.outside import asking
from temporal_app.activities.payments import PROVIDER_REFUSALS
from temporal_app.activities.recording import FinalErrors, shop_activity
from temporal_app.messages import PageRequest

REFUSALS: FinalErrors = {PaidAlready: Refusal.PAID_ON_PAGE, **PROVIDER_REFUSALS}


@shop_activity(transactions="several", final=REFUSALS)
def open_payment_page(request: PageRequest) -> str:
    """Open Stripe's page for the payment that an order waits for, in place of one whose time is up.

    :returns: Stripe's name of the page; its address is in our tables
    :raises RuleBroken: the order does not wait for this payment; a page that was open is closed
    """
    payment = _payable(request)
    pages, order = asking(StripePages(), number=request.number), payment.order
    place = f"{settings.SHOP_BASE_URL}{order.get_absolute_url()}"
    back = f"{settings.SHOP_BASE_URL}{reverse('order-card-back', args=[order.number, order.token])}"
    session: str = pages.open(
        hold=payment.reference,
        order_number=order.number,
        amount=payment.amount,
        currency=payment.currency,
        return_url=f"{back}?session={{CHECKOUT_SESSION_ID}}",
        back_url=place,
    )
    try:
        _payable(request)
    except RuleBroken:  # undone, changed or paid meanwhile
        pages.close(hold=payment.reference)
        raise
    return session


def _payable(request: PageRequest) -> Payment:
    """The payment that the order waits for."""
    with transaction.atomic():
        order = Order.objects.locked(request.number)
        payment = order.payments.order_by("-attempt").first()
        if order.undo_started_at is not None:
            raise RuleBroken(Refusal.ORDER_CLOSING, number=order.number)
        if order.waiting_for != WaitingFor.PAYMENT or payment is None or payment.state != PaymentState.HELD:
            raise RuleBroken(Refusal.NOT_WAITING_FOR_PAYMENT, number=order.number)
        if payment.provider != StripePages.name:
            raise RuleBroken(Refusal.UNKNOWN_PAYMENT_METHOD, method=payment.provider)
        if request.amount != payment.amount or payment.amount != order.rest:
            raise RuleBroken(Refusal.AMOUNT_DIFFERS, amount=request.amount, total=order.rest)
        if looked_at(order) or parts.received(order):
            raise RuleBroken(Refusal.NOT_WAITING_FOR_PAYMENT, number=order.number)
        return payment
