"""Why an order waits, as far as the database knows: for what or whom, since when, until when, and what happens then."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from orders import labels
from orders.admin.base import people
from orders.admin.orders.next_steps import roles_with
from orders.authorization.eligibility import Voter
from orders.authorization.lookups import with_subjects
from orders.models import ApprovalRequest, GuestHold, Order, Outage, PaymentEvent
from orders.payments import parts
from orders.rules.approvals import LevelState
from orders.rules.order_events import OrderEvent
from orders.rules.states import PaymentEventOutcome
from orders.rules.status import ENDED, OrderStatus, WaitingFor
from orders.shipping import carrier
from temporal_app.client import PendingActivity

MOST_NAMES = 6
CANDIDATES = 12  # each costs queries


@dataclass(frozen=True)
class Wait:
    """What an order waits for.

    :param whom: who can end the wait: roles with the people in them, the customer, a provider
    :param then: what happens at `until`
    :param outside: whether a provider or the carrier has to answer; then an outage of theirs is the reason
    """

    what: str
    whom: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    then: str = ""
    outside: bool = False


def wait_of(order: Order) -> Wait | None:
    """What the order waits for, by its rows alone; None where it has come to its end."""
    if order.status in ENDED:
        return None
    if order.status == OrderStatus.ROLLBACK_INCOMPLETE:
        return _rest_of_the_undo(order)
    if order.undo_started_at:
        undoing = _("Everything done so far is being undone.")
        return Wait(undoing, (_("the shop itself"),), order.undo_started_at, outside=True)
    tell = WAITS.get(order.waiting_for, _between_steps)
    return tell(order)


def outages_of(order: Order) -> list[str]:
    """Who of those that have to answer has not done so for a while, and since when."""
    outages = Outage.objects.open().filter(provider__in=[order.payment_method, carrier().name]).order_by("began_at")
    sentence = _("%(who)s: no answer since %(when)s; %(calls)s calls so far.")
    return [
        sentence
        % {"who": labels.provider(outage.provider), "when": labels.moment(outage.began_at), "calls": outage.calls}
        for outage in outages
    ]


def in_trouble(wait: Wait, activity: PendingActivity) -> Wait:
    """The same wait, now that a step is known to fail again and again: it waits for whoever has to answer."""
    failed = max(1, activity.attempt - 1)
    trouble = _("%(step)s: this has failed %(times)s times so far, and is tried again by itself.")
    partner = labels.activity_partner(activity.name)
    return replace(
        wait,
        what=f"{wait.what} {trouble % {'step': labels.activity(activity.name), 'times': failed}}",
        whom=(partner if partner != activity.name else _("the shop itself"),),
        until=None,
        then="",
    )


def _approval(order: Order) -> Wait:
    approval = with_subjects(ApprovalRequest.objects.filter(order=order)).first()
    pending = [level.role for level in approval.levels.all() if level.state == LevelState.PENDING] if approval else []
    return Wait(
        _("Somebody has to approve it."),
        tuple(_role(role, _deciders(approval, role)) for role in pending if approval),
        _since(order, OrderEvent.APPROVAL_REQUESTED),
        order.waiting_until,
        _("Then it is rejected, or passed on to a higher role, as its approval policy says."),
    )


def _deciders(approval: ApprovalRequest, role: str) -> list[str]:
    """People who could decide for this role now."""
    now = timezone.now()
    in_role = Q(groups__name=role)
    stands_in = Q(
        delegations_held__delegator__groups__name=role,
        delegations_held__starts_at__lte=now,
        delegations_held__ends_at__gt=now,
    )
    candidates = User.objects.filter(in_role | stands_in, is_active=True).distinct().order_by("pk")[:CANDIDATES]
    voters = (Voter.of(person, now) for person in candidates)
    return [people.name(voter.person) for voter in voters if any(vote.role == role for vote in voter.votes(approval))]


def _payment(order: Order) -> Wait:
    since = _since(order, OrderEvent.PAYMENT_REQUESTED)
    if confirmed := _confirmed_at(order, since or order.placed_at):
        what = _("The payment is confirmed, and the shop is about to take it.")
        return Wait(what, (labels.activity_partner("capture_payment"),), confirmed, outside=True)
    strayed = PaymentEvent.objects.filter(order_number=order.number, outcome=PaymentEventOutcome.UNMATCHED).exists()
    finance = (_role_of("resolve_paymentevent"),) if strayed else ()
    what = _("A payment came that does not match; somebody has to look at it.") if strayed else ""
    if (received := parts.received(order)) and not what:
        amounts = {"received": labels.money(received, order.currency), "missing": labels.money(order.rest - received)}
        what = _("%(received)s have come; the customer has to pay the missing %(missing)s.") % amounts
    until, then = _unpaid_until(order)
    whom = (*finance, _("the customer, %(name)s") % {"name": order.name})
    return Wait(what or _("The customer has to pay."), whom, since, until, then)


def _unpaid_until(order: Order) -> tuple[datetime | None, str]:
    """Until when an order that is not paid is kept, and what happens then; a guest confirms their address before."""
    hold = GuestHold.objects.filter(order=order).first()
    if hold and hold.is_open and order.waiting_until and hold.until < order.waiting_until:
        return hold.until, _("Then the order is undone, unless its guest has confirmed their address.")
    return order.waiting_until, _("Then the order is undone.")


def _confirmed_at(order: Order, since: datetime) -> datetime | None:
    """When the shop heard that the money is there, where it has not been taken yet."""
    charged = order.timeline.filter(kind=OrderEvent.PAYMENT_CONFIRMED, at__gte=since).order_by("-at").first()
    if charged:
        return charged.at
    word = parts.confirming(order)
    return word.received_at if word else None


def _shipment(order: Order) -> Wait:
    return Wait(
        _("The parcel has to be packed and handed to the carrier."),
        (_role_of("ship_order"),),
        _since(order, OrderEvent.SHIPPING_SCHEDULED),
        order.waiting_until,
        _("Then operations are alerted."),
    )


def _delivery(order: Order) -> Wait:
    shipment = getattr(order, "shipment", None)
    by = shipment.carrier if shipment else ""
    return Wait(
        _("The parcel is on its way."),
        (by or labels.activity_partner("schedule_shipping"),),
        _since(order, OrderEvent.SHIPPED),
        order.waiting_until,
        _("Then it counts as delivered."),
    )


def _between_steps(order: Order) -> Wait:
    latest = order.timeline.order_by("-at", "-pk").first()
    return Wait(
        _("The shop is working on the next step; this takes a moment unless somebody else does not answer."),
        (_("the shop itself"),),
        latest.at if latest else order.placed_at,
        outside=True,
    )


def _rest_of_the_undo(order: Order) -> Wait:
    failures = list(order.compensation_failures.open().select_related("owner").order_by("pk"))
    owners = dict.fromkeys(people.name(failure.owner) for failure in failures if failure.owner)
    steps = labels.listed(labels.reversal_step(failure.step) for failure in failures)
    return Wait(
        _("Not everything could be undone; a person has to see to the rest: %(steps)s.") % {"steps": steps},
        tuple(owners) or (_role_of("settle_compensationfailure"),),
        min((failure.happened_at for failure in failures), default=None),
    )


WAITS: dict[str, Callable[[Order], Wait]] = {
    WaitingFor.APPROVAL: _approval,
    WaitingFor.PAYMENT: _payment,
    WaitingFor.SHIPMENT: _shipment,
    WaitingFor.DELIVERY: _delivery,
}


def _since(order: Order, *kinds: OrderEvent) -> datetime | None:
    """When the wait began: the latest time that this happened."""
    entry = order.timeline.filter(kind__in=kinds).order_by("-at", "-pk").first()
    return entry.at if entry else None


def _role_of(permission: str) -> str:
    """The roles that may end a wait, with the people in them."""
    return " · ".join(
        _role(role, map(people.name, User.objects.filter(groups__name=role, is_active=True).order_by("pk")))
        for role in roles_with(permission)
    )


def _role(role: str, names: Iterable[str]) -> str:
    """`Manager (Mia Keller, Max Berg)`."""
    known = list(names)
    shown = ", ".join(known[:MOST_NAMES]) or _("nobody right now")
    if len(known) > MOST_NAMES:
        shown += " …"
    return f"{labels.role(role)} ({shown})"
