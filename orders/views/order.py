"""One order for the person who placed it: its page, and what can be done there."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from orders import labels
from orders.forms import CancelForm, LanguageForm, OnceForm, PayForm, QuantityForm
from orders.models import Order
from orders.rules.status import OrderStatus
from orders.views import answers, refill, transfer, visitor
from orders.views.methods import post_or_back
from orders.views.order_page import Access, page_context, whole, with_targets
from temporal_app import client
from temporal_app.client.errors import ClientError

Typed: TypeAlias = dict[str, Any]  # what a form read, by field
Act: TypeAlias = Callable[[HttpRequest, Order, Typed], str | HttpResponse]
View: TypeAlias = Callable[..., HttpResponse]  # takes the parts of its address by name


@require_safe
@never_cache
def orders(request: HttpRequest) -> HttpResponse:
    """The visitor's orders: of the account, and of this session."""
    return render(request, "shop/orders.html", {"orders": visitor.orders(request)[: visitor.REMEMBERED_ORDERS]})


@require_safe
@never_cache
def order(request: HttpRequest, number: str, token: str | None = None) -> HttpResponse:
    """The order's page."""
    access = Access(number, token)
    if not access.given_to(request):
        return redirect_to_login(access.url("order"))
    found = visitor.order(request, number, token, among=whole())
    return with_targets(render(request, "shop/order.html", page_context(request, found, access)), found)


def _page_of(number: str, token: str | None = None) -> str:
    return Access(number, token).url("order")


def order_action(name: str, form_class: type[BaseForm] = OnceForm, *, then: str = "order") -> Callable[[Act], View]:
    """Make a page's POST of a function `(request, order, what was typed) -> sentence` that calls one client
    function; one that answers with a response has the last word.

    It leads back to the order (or to the page `then`) with the sentence; or answers the order's page at once, with
    what was wrong on the form called `name`, and the status that belongs to it. Staff who only read the page are
    told so, 403.
    """

    def decorate(act: Act) -> View:
        @post_or_back(_page_of)
        @never_cache
        @wraps(act)
        def view(request: HttpRequest, number: str, token: str | None = None) -> HttpResponse:
            access = Access(number, token)
            if not access.given_to(request):
                return redirect_to_login(access.url("order"))
            found, form = visitor.order(request, number, token), form_class(request.POST)
            if visitor.only_reads(request, found):
                return _refused(request, found, access, {}, status=403)
            if not form.is_valid():
                return _refused(request, found, access, {name: form}, status=400)
            try:
                done = act(request, found, form.cleaned_data)
            except ClientError as error:
                answers.add_error(form, error)
                return _refused(request, found, access, {name: form}, error=error)
            if isinstance(done, HttpResponse):
                return done
            messages.success(request, done)
            return redirect(access.url("order") if then == "order" else then)

        return view

    return decorate


def _refused(
    request: HttpRequest,
    order: Order,
    access: Access,
    forms: dict[str, BaseForm],
    *,
    error: ClientError | None = None,
    status: int = 200,
) -> HttpResponse:
    order = whole().get(pk=order.pk)  # as it is by now
    context = page_context(request, order, access, forms)
    return with_targets(answers.page(request, "shop/order.html", context, error=error, status=status), order)


@order_action("pay", PayForm)
def pay(request: HttpRequest, order: Order, asked: Typed) -> str:
    """Pay by card."""
    transaction = client.pay(
        order.number,
        payment_method=order.payment_method,
        amount=asked["amount"],
        card_token=asked["card_token"],
        by=visitor.actor(request),
        request_id=asked["request_id"],
    )
    return _("Thank you! Your payment was taken.") if transaction else _("Your payment is on its way.")


@order_action("transfer")
def pretend_transfer(request: HttpRequest, order: Order, asked: Typed) -> str:
    """In the demo only: have the provider's webhook report that the money has arrived."""
    transfer.pretend(request, order, event_id=asked["request_id"])
    return _("The provider has told the shop that your transfer arrived.")


@order_action("cancel", CancelForm)
def cancel(request: HttpRequest, order: Order, asked: Typed) -> str:
    """Cancel the order, while that is possible."""
    status = client.cancel_order(order.number, reason=asked["reason"], by=visitor.actor(request))
    if status == OrderStatus.CANCELLED:
        return _("The order is cancelled.")
    if status == OrderStatus.ROLLBACK_INCOMPLETE:
        return _("The order will not be delivered. A person sees to the rest of the cancellation; we write to you.")
    return _("The order is being cancelled; this can take a moment.")


@order_action("item", QuantityForm)
def add_item(request: HttpRequest, order: Order, asked: Typed) -> str:
    """Put something more onto a pending order."""
    totals = client.add_order_item(
        order.number,
        sku=asked["sku"],
        quantity=asked["quantity"],
        by=visitor.actor(request),
        request_id=asked["request_id"],
    )
    return _("Added. The order comes to %(total)s now.") % {"total": labels.money(totals.total, order.currency)}


@order_action("language", LanguageForm)
def set_language(request: HttpRequest, order: Order, asked: Typed) -> str:
    """Choose the language of the mails about this order."""
    client.set_language(order.number, asked["language"])
    return _("We write to you in %(language)s from now on.") % {"language": labels.language(asked["language"])}


@order_action("again", then="cart")
def order_again(request: HttpRequest, order: Order, asked: Typed) -> str:
    """Put everything of an order that is still to be had into the cart."""
    return refill.refill(request, order, request_id=asked["request_id"])
