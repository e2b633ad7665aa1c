"""A payment check while it runs, the state of the schedule, and checks of chosen orders."""

import re
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.keys import key, keys
from orders.admin.base.pages import page_context, workflow_url
from orders.admin.payments.checks import END_TONES, schedule_buttons
from orders.forms import OnceForm
from orders.http_status import http_status
from orders.models import Order, PaymentCheck, PaymentCheckResult
from orders.models.payment_check import CheckKind
from orders.rules import identifiers
from orders.rules.limits import CHECKED_AT_ONCE
from temporal_app import client, names
from temporal_app.client.errors import ClientError

SHOWN_RESULTS = 500
LOOKS = 900  # one a second: a page left open for a quarter of an hour is not read any more
UNIQUE, NUMBER = "[0-9a-f]{32}", r"ORD-\d{4}-\d{6,12}"
NEW_CHECK = re.compile(
    "|".join(
        (
            identifiers.payment_batch(UNIQUE),
            identifiers.payment_hybrid(UNIQUE),
            identifiers.payment_coordinator(UNIQUE),
            identifiers.payment_monitor(NUMBER),
        )
    )
)
TONES = {
    "paid": "approved",
    "fulfilment_started": "approved",
    "failed": "rejected",
    "unmatched": "rejected",
    "not_answered": "rejected",
    "not_started": "rejected",
    "deadline": "rejected",
}


@require_safe
def check(request: HttpRequest, workflow_id: str) -> HttpResponse:
    """One check; its figures come from the database and follow it while it runs."""
    _may(request, "orders.view_paymentcheck")
    context = {**_live(request, workflow_id), **page_context(request, _("Payment check"))}
    return TemplateResponse(request, "admin/shop/check.html", context)


@require_safe
def live(request: HttpRequest, workflow_id: str) -> HttpResponse:
    """The part of the page that changes."""
    _may(request, "orders.view_paymentcheck")
    return TemplateResponse(request, "admin/shop/check_live.html", _live(request, workflow_id))


def _live(request: HttpRequest, workflow_id: str) -> dict[str, Any]:
    check = PaymentCheck.objects.filter(workflow_id=workflow_id).first()
    if check is None and not NEW_CHECK.fullmatch(workflow_id):
        raise Http404
    running = check is None or check.finished_at is None
    looked = key(request.GET.get("looked", "")) or 0
    following = {"running": running, "looked": looked + 1, "followed": running and looked < LOOKS}
    if check is None:  # its first activity has not written it down yet
        return {"workflow_id": workflow_id, "check": None, **following}
    return {"workflow_id": workflow_id, "check": check, **following, **_told(check)}


def _told(check: PaymentCheck) -> dict[str, Any]:
    end = check.estimated_end(timezone.now())
    return {
        "kind": labels.check_kind(check.kind),
        "state": html.badge(labels.payment_check_end(check.end), END_TONES.get(check.end, "rejected")),
        "heard": html.ago(check.changed_at),
        "who": labels.actor(check.requested_by, people.names([check.requested_by])),
        "started": labels.moment(check.started_at),
        "finished": check.finished_at and labels.moment(check.finished_at),
        "average": f"{1000 * check.average_seconds:.0f} ms" if check.seconds else "–",
        "end": end and labels.moment(end),
        "names_passed_over": check.kind == CheckKind.BATCH,
        "results": [_result(result) for result in check.results.order_by("pk")[:SHOWN_RESULTS]],
        "workflow_url": workflow_url(check.workflow_id),
    }


def _result(result: PaymentCheckResult) -> dict[str, Any]:
    tone = TONES.get(result.outcome, "submitted" if result.outcome else "")
    return {"number": result.number, "outcome": html.badge(labels.check_outcome(result.outcome), tone)}


@require_safe
def schedule(request: HttpRequest) -> HttpResponse:
    """How the schedule stands; asked of Temporal, so it is fetched after the page, which never needs it."""
    _may(request, "orders.view_paymentcheck")
    try:
        state = client.describe_schedule()
    except ClientError as error:
        return TemplateResponse(request, "admin/shop/schedule.html", {"problem": people.explain(error)})
    may_run = request.user.has_perm("orders.run_paymentcheck")
    context = {
        "state": state,
        "name": names.PAYMENT_BATCH_SCHEDULE,
        "next_runs": [labels.moment(at) for at in state.next_runs[:2]],
        "buttons": schedule_buttons(exists=state.exists, paused=state.paused) if may_run else [],
    }
    return TemplateResponse(request, "admin/shop/schedule.html", context)


def ask(orders: QuerySet[Order]) -> HttpResponse:
    """Go to the choice of how to check these orders. Nothing is asked yet."""
    chosen = [("id", key) for key in orders.values_list("pk", flat=True)[: CHECKED_AT_ONCE + 1]]
    return HttpResponseRedirect(f"{reverse('admin:payment-checks-chosen')}?{urlencode(chosen)}")


@require_http_methods(["GET", "HEAD", "POST"])
def chosen(request: HttpRequest) -> HttpResponse:
    """How to check chosen orders (GET), and beginning it (POST)."""
    _may(request, "orders.run_paymentcheck")
    data = request.POST if request.method == "POST" else request.GET
    asked = keys(data.getlist("id"))
    orders = list(Order.objects.filter(pk__in=asked[:CHECKED_AT_ONCE]).order_by("-placed_at"))
    if not orders:
        return HttpResponseRedirect(reverse("admin:orders_order_changelist"))
    context = {
        "orders": [_choice(order) for order in orders],
        "left_out": max(0, len(asked) - CHECKED_AT_ONCE),
        "once": OnceForm(),
        **page_context(request, _("Check payments of chosen orders")),
    }
    how = WAYS.get(request.POST.get("how", ""))
    if how is None:
        return TemplateResponse(request, "admin/shop/check_chosen.html", context)
    try:
        return HttpResponseRedirect(how(request, [order.number for order in orders], _request_id(request)))
    except ClientError as error:
        context["error"] = people.explain(error)
        return TemplateResponse(request, "admin/shop/check_chosen.html", context, status=http_status(error))


def _choice(order: Order) -> dict[str, Any]:
    return {
        "row": order,
        "total": labels.money(order.total, order.currency),
        "status": html.badge(labels.order_status(order.status), order.status),
        "waiting": html.waiting(order),
    }


def _request_id(request: HttpRequest) -> str:
    """What tells this form from the next, so that a double click begins one check."""
    once = OnceForm(request.POST)
    once.is_valid()
    return str(once.cleaned_data["request_id"])


def _now(request: HttpRequest, numbers: list[str], request_id: str) -> str:
    return _page(client.check_payments_now(numbers, by=people.by(request), request_id=request_id))


def _together(request: HttpRequest, numbers: list[str], request_id: str) -> str:
    return _page(client.coordinate_payment_checks(numbers, by=people.by(request), request_id=request_id))


def _each(request: HttpRequest, numbers: list[str], _request_id: str) -> str:
    started = [client.monitor_payment(number, by=people.by(request)) for number in numbers]
    if len(started) == 1:
        return _page(started[0])
    messages.success(request, _("%(count)s orders are watched.") % {"count": len(started)})
    return reverse("admin:orders_paymentcheck_changelist")


def _page(workflow_id: str) -> str:
    return reverse("admin:payment-check", args=[workflow_id])


def _may(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


WAYS = {"hybrid": _now, "coordinator": _together, "monitor": _each}
