"""What staff can do about an order, and why they cannot do the rest."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders import labels
from orders.admin.base import html
from orders.admin.orders.extending import why_not as why_not_extended
from orders.admin.orders.mark_paid import why_not as why_not_paid
from orders.admin.orders.refunding import why_not as why_not_refunded
from orders.admin.orders.reopening import why_not as why_not_reopened
from orders.models import Order
from orders.rules.refusals import Refusal
from orders.rules.status import OrderStatus, WaitingFor

TITLES: dict[str, Promise] = {
    "cancel": gettext_lazy("Cancel order"),
    "reopen": gettext_lazy("Place anew"),
    "refund": gettext_lazy("Refund in part"),
    "extend": gettext_lazy("Give more time to pay"),
    "mark_paid": gettext_lazy("Mark as paid"),
    "ship": gettext_lazy("Mark as shipped"),
    "deliver": gettext_lazy("Mark as delivered"),
}
PERMISSIONS = {
    "cancel": "cancel_order",
    "reopen": "reopen_order",
    "refund": "ask_refund",
    "extend": "extend_payment",
    "mark_paid": "report_payment",
    "ship": "ship_order",
    "deliver": "ship_order",
}
OVER = {OrderStatus.CANCELLED, OrderStatus.ROLLBACK_INCOMPLETE}  # only then anybody thinks of placing it anew
TONES = {"cancel": "danger", "ship": "primary"}


@dataclass(frozen=True)
class NextStep:
    """One thing to do about an order.

    :param why_not: why this reader cannot do it now; empty where they can
    """

    name: str
    order: Order
    why_not: str

    @property
    def title(self) -> str:
        """What stands on its button."""
        return str(TITLES[self.name])

    @property
    def button(self) -> str:
        """Opens its dialog."""
        url = reverse(f"admin:orders_order_{self.name}", args=[self.order.pk])
        return html.dialog_link(url, self.title, tone=TONES.get(self.name, "plain"))


def next_steps(order: Order, reader: User) -> list[NextStep]:
    """All that concern the order, in the order in which their buttons stand."""
    why_not = {name: _not_ready(name, order, reader) or _not_allowed(name, reader) for name in _names(order)}
    return [NextStep(name, order, why) for name, why in why_not.items()]


def possible(order: Order, reader: User, refundable: Decimal) -> Iterator[NextStep]:
    """Those that this reader can take now.

    :param refundable: what could be given back of it
    """
    for name in _names(order):
        if _may(name, reader) and not _not_ready(name, order, reader, refundable):
            yield NextStep(name, order, "")


def _names(order: Order) -> list[str]:
    return [name for name in TITLES if name != "reopen" or order.status in OVER]


def _not_ready(name: str, order: Order, reader: User, refundable: Decimal | None = None) -> str:
    """Why the order is not ready for it; empty where it is."""
    params = {"number": order.number, "status": order.status}
    if name == "cancel":
        return why_not_cancelled(order)
    if name == "reopen":
        return why_not_reopened(order, reader)
    if name == "refund":
        return why_not_refunded(order, refundable)
    if name == "extend":
        return why_not_extended(order, reader)
    if name == "mark_paid":
        return why_not_paid(order, reader)
    if name == "ship" and order.waiting_for != WaitingFor.SHIPMENT:
        return labels.refusal(Refusal.NOT_WAITING_FOR_SHIPMENT, params)
    if name == "deliver" and order.waiting_for != WaitingFor.DELIVERY:
        return labels.refusal(
            Refusal.ILLEGAL_TRANSITION, {**params, "what": order.number, "target": OrderStatus.DELIVERED}
        )
    return ""


def why_not_cancelled(order: Order) -> str:
    """Why the order cannot be cancelled; empty where it can."""
    if order.can_be_cancelled:
        return ""
    code = Refusal.ORDER_CLOSING if order.undo_started_at else Refusal.TOO_LATE_TO_CANCEL
    if order.status == OrderStatus.ROLLBACK_INCOMPLETE:
        code = Refusal.NOT_UNDONE_YET
    return labels.refusal(code, {"number": order.number, "status": order.status})


def _may(name: str, reader: User) -> bool:
    return reader.has_perm(f"orders.{PERMISSIONS[name]}")


def _not_allowed(name: str, reader: User) -> str:
    """Who may do it, where the reader may not."""
    if _may(name, reader):
        return ""
    roles = roles_with(PERMISSIONS[name])
    return _("Only for: %(roles)s.") % {"roles": labels.roles(roles)} if roles else _("Nobody's role allows this.")


def roles_with(permission: str) -> list[str]:
    """The roles whose people may do something, by the name of its permission."""
    groups = Group.objects.filter(permissions__codename=permission, permissions__content_type__app_label="orders")
    return list(groups.order_by("pk").values_list("name", flat=True).distinct())
