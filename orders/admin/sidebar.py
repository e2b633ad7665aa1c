"""The sidebar: what staff work with, grouped, with how much of it waits."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from orders.admin.approvals.waiting import count_waiting_for_me
from orders.models import (
    BankDebit,
    CompensationFailure,
    MirrorCheck,
    Order,
    PaymentEvent,
    PolicyChange,
    RefundTask,
)
from orders.models.policy_change import MAY_CONFIRM
from orders.rules.states import DebitState, PaymentEventOutcome, PolicyChangeState, RefundState
from orders.rules.status import WaitingFor


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of links; what somebody may not see is left out (named in the settings)."""
    groups = [
        (_("Today"), [_home(), _approvals(request), _orders(request), _expenses()]),
        (
            _("Shop"),
            [
                _link("product", _("Products"), "inventory_2"),
                _link("stockadjustment", _("Stock adjustments"), "move_down"),
                _link("cart", _("Carts"), "shopping_cart"),
                _link("guesthold", _("Guests' reservations"), "hourglass_top"),
            ],
        ),
        (
            _("Money and mail"),
            [
                _unmatched(request),
                _link("paymentcheck", _("Payment checks"), "published_with_changes"),
                _link("paymentevent", _("Payment events"), "account_balance"),
                _link("bankstatement", _("Bank statements"), "description"),
                _link("refund", _("Refunds in part"), "currency_exchange"),
                _refunds(request),
                _debits(request),
                _link("refundbatch", _("Files of refunds"), "outbox"),
                _credit(),
                _reversals(request),
                _link("failedworkflow", _("Failed workflows"), "running_with_errors"),
                _checks_of_the_shop(request),
                _link("outage", _("Outages"), "cloud_off"),
                _link("notification", _("Outgoing mail"), "outgoing_mail"),
            ],
        ),
        (
            _("Rules and people"),
            [
                _link("approvalpolicy", _("Approval policies"), "rule"),
                _policy_changes(request),
                _link("approvalrequest", _("All approvals"), "fact_check"),
                _link("orderopening", _("Opened orders"), "visibility"),
                _link("erasurerecord", _("Erasures"), "person_off"),
                _link("delegation", _("Delegations"), "switch_account"),
                _link("user", _("People"), "person", app="auth"),
                _link("group", _("Roles"), "groups", app="auth"),
            ],
        ),
    ]
    return [{"title": title, "separator": bool(number), "items": items} for number, (title, items) in enumerate(groups)]


def _link(model: str, title: str, icon: str, *, app: str = "orders", badge: int = 0) -> dict[str, Any]:
    permission = f"{app}.view_{model}"
    return {
        "title": title,
        "icon": icon,
        "link": reverse(f"admin:{app}_{model}_changelist"),
        "badge": str(badge) if badge else "",
        "badge_variant": "primary",
        "permission": lambda request: request.user.has_perm(permission),
    }


def _home() -> dict[str, Any]:
    return {"title": _("Overview"), "icon": "home", "link": reverse("admin:index")}


def _approvals(request: HttpRequest) -> dict[str, Any]:
    waiting = count_waiting_for_me(request)
    return {
        **_link("approvalrequest", _("Approvals"), "approval", badge=waiting),
        "link": reverse("admin:approvals"),
        "badge_variant": "danger",
        "badge_style": "solid",
    }


def _orders(request: HttpRequest) -> dict[str, Any]:
    ships = request.user.has_perm("orders.ship_order") and not request.user.is_superuser
    waiting = Order.objects.filter(waiting_for=WaitingFor.SHIPMENT).count() if ships else 0
    return _link("order", _("Orders"), "receipt_long", badge=waiting)


def _policy_changes(request: HttpRequest) -> dict[str, Any]:
    """With those that the reader could confirm."""
    waiting = PolicyChange.objects.filter(state=PolicyChangeState.WAITING).exclude(proposed_by=request.user.pk)
    count = waiting.count() if request.user.has_perm(MAY_CONFIRM) else 0
    link = _link("policychange", _("Changes of policies"), "difference", badge=count)
    return {**link, "permission": lambda request: request.user.has_perm("orders.view_approvalpolicy")}


def _expenses() -> dict[str, Any]:
    return _link("expenserequest", _("Expenses"), "payments")


def _unmatched(request: HttpRequest) -> dict[str, Any]:
    allowed = request.user.has_perm("orders.view_paymentevent")
    odd = PaymentEvent.objects.filter(outcome=PaymentEventOutcome.UNMATCHED).count() if allowed else 0
    return {
        **_link("paymentevent", _("Unmatched payments"), "rule_settings", badge=odd),
        "link": reverse("admin:unmatched"),
        "badge_variant": "danger",
    }


def _credit() -> dict[str, Any]:
    return {**_link("paymentevent", _("Store credit"), "savings"), "link": reverse("admin:all-credit")}


def _reversals(request: HttpRequest) -> dict[str, Any]:
    allowed = request.user.has_perm("orders.view_compensationfailure")
    waiting = CompensationFailure.objects.open().count() if allowed else 0
    link = _link("compensationfailure", _("Failed reversals"), "report", badge=waiting)
    return {**link, "badge_variant": "danger"}


def _debits(request: HttpRequest) -> dict[str, Any]:
    allowed = request.user.has_perm("orders.view_bankdebit")
    waiting = BankDebit.objects.filter(state=DebitState.OPEN).count() if allowed else 0
    return {**_link("bankdebit", _("Debits"), "money_off", badge=waiting), "badge_variant": "danger"}


def _refunds(request: HttpRequest) -> dict[str, Any]:
    allowed = request.user.has_perm("orders.view_refundtask")
    waiting = RefundTask.objects.filter(state=RefundState.OPEN).count() if allowed else 0
    return {**_link("refundtask", _("Refunds to make"), "undo", badge=waiting), "badge_variant": "danger"}


def _checks_of_the_shop(request: HttpRequest) -> dict[str, Any]:
    """With what the latest one has found and left."""
    latest = MirrorCheck.objects.exclude(ended_as="").order_by("-started_at").first()
    left = latest.left().count() if latest and request.user.has_perm("orders.view_mirrorcheck") else 0
    return {**_link("mirrorcheck", _("Checks of the shop"), "troubleshoot", badge=left), "badge_variant": "danger"}
