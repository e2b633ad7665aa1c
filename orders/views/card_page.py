"""Paying by card on Stripe's own page: there and back again. What is true about the money comes from the webhook."""

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from orders.forms import PageForm
from orders.models import Order, StripeSession
from orders.payments.card import payment_card
from orders.rules.states import CardState
from orders.views import answers, visitor
from orders.views.order import Typed, order_action
from orders.views.order_page import Access
from temporal_app import client


@order_action("page", PageForm)
def go(request: HttpRequest, order: Order, asked: Typed) -> HttpResponse:
    """Send the customer to Stripe's page."""
    response = HttpResponseRedirect(client.open_payment_page(order.number, amount=asked["amount"]))
    response.status_code = 303
    return response


@require_safe
@never_cache
def back(request: HttpRequest, number: str, token: str | None = None) -> HttpResponse:
    """Stripe sends the customer back. This changes nothing: it says what is known, and what is not."""
    access = Access(number, token)
    if not access.given_to(request):
        return redirect_to_login(access.url("order"))
    order = visitor.order(request, number, token)
    session = request.GET.get("session", "")
    if not session or not StripeSession.objects.filter(session=session, order_number=order.number).exists():
        return answers.missing(request, _("This payment page does not belong to this order."))
    messages.info(request, _said(order))
    return redirect(access.url("order"))


def _said(order: Order) -> str:
    """What the shop knows of the payment."""
    state = payment_card(order).state
    if state == CardState.PAID:
        return _("Thank you! Your payment has arrived.")
    if order.undo_started_at is not None or state != CardState.AWAITING:
        return _("The order is not waiting for a payment any more. What became of your money is on this page.")
    return _(
        "Welcome back. We do not know yet whether your payment went through: Stripe has not told us so far. "
        "This page shows it as soon as we know; please do not pay again."
    )
