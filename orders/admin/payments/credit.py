"""Customers' store credit, read by finance from the journal: who has how much, and how it came and went."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.keys import key
from orders.admin.base.pages import page_context
from orders.admin.payments.credit_adjustments import ADJUSTS
from orders.models import JournalEntry, Order
from orders.payments import credit as books
from orders.rules import accounts, credit
from orders.rules.totals import ZERO

PER_PAGE = 50
PERMISSION = "orders.view_paymentevent"


@require_safe
def all_credit(request: HttpRequest) -> HttpResponse:
    """Every customer who has had credit, and how much there is in all."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    found = books.accounts_in_use()
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    called = User.objects.in_bulk([customer_id for customer_id, _balance in page])
    rows = [
        {
            "name": people.name(called[customer_id]) if customer_id in called else str(customer_id),
            "url": reverse("admin:credit", args=[customer_id]),
            "balance": _money(balance),
        }
        for customer_id, balance in page
    ]
    context = {"rows": rows, "page": page, "total": _money(sum((balance for _id, balance in found), ZERO))}
    context = {**page_context(request, _("Store credit")), **context}
    return TemplateResponse(request, "admin/shop/all_credit.html", context)


@require_safe
def customer_credit(request: HttpRequest, customer_id: str) -> HttpResponse:
    """One customer's account: what is on it, and every entry, the newest first."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    if key(customer_id) is None:
        raise Http404
    customer = get_object_or_404(User, pk=customer_id)
    page = Paginator(books.transactions(customer.pk), PER_PAGE).get_page(request.GET.get("page"))
    numbers = [credit.split(entry.cause)[1] for entry, _left in page]
    orders = {order.number: order for order in Order.objects.filter(number__in=numbers)}
    context = {
        "balance": _money(books.balance(customer.pk)),
        "email": customer.email,
        "adjust": _adjust(request, customer),
        "page": page,
        "rows": [_row(entry, left, customer.pk, orders) for entry, left in page],
    }
    title = _("Store credit of %(name)s") % {"name": people.name(customer)}
    return TemplateResponse(request, "admin/shop/customer_credit.html", {**page_context(request, title), **context})


def _adjust(request: HttpRequest, customer: User) -> str:
    """The button that opens the dialog, for those who may use it."""
    if not request.user.has_perm(ADJUSTS):
        return ""
    url = f"{reverse('admin:orders_creditadjustment_adjust_credit')}?customer={customer.pk}"
    return html.dialog_link(url, _("Adjust"), tone="primary", subject=people.name(customer))


def _row(entry: JournalEntry, left: Any, customer_id: int, orders: dict[str, Order]) -> dict[str, Any]:
    kind, which = credit.split(entry.cause)
    came = entry.target == accounts.credit(customer_id)
    order = orders.get(which) if kind == credit.ORDER else None
    what = {
        credit.ORDER: _("Given back by order %(which)s") if came else _("Paid for order %(which)s"),
        credit.PAYMENT_EVENT: _("Kept of a payment"),
    }.get(kind, _("Given by the shop") if came else _("Taken by the shop"))
    url = order and reverse("admin:orders_order_change", args=[order.pk])
    if kind == credit.ADJUSTMENT:
        url = reverse("admin:orders_creditadjustment_change", args=[which])
    if kind == credit.PAYMENT_EVENT:
        url = reverse("admin:orders_paymentevent_change", args=[which])
    return {
        "at": labels.moment(entry.at),
        "what": what % {"which": which},
        "url": url,
        "amount": _money(entry.amount if came else -entry.amount),
        "left": _money(left),
    }


def _money(amount: Any) -> str:
    return labels.money(amount, settings.CURRENCY)
