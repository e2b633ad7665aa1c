"""Small factories for steps that could not be undone: rows as activities would leave them."""

from django.contrib.auth.models import Permission, User
from django.utils import timezone

from orders.authorization.roles import ROLE_PERMISSIONS
from orders.models import CompensationFailure, Order, ReversalDecision
from orders.rules.approvals import Role
from orders.rules.order_events import OrderEvent
from orders.rules.status import OrderStatus
from temporal_app.activities import orders
from temporal_app.activities.recording import record_timeline_entry
from temporal_app.messages import Ending, FailedReversal
from tests.factories import steps
from tests.factories.people import make_user
from tests.factories.rows import make_order


def make_reversal(order: Order | None = None, step: str = "payment", **columns: object) -> CompensationFailure:
    """A step of an order that could not be undone, with 12.00 of money at risk."""
    return CompensationFailure.objects.create(
        **{
            "order": order or make_order(),
            "step": step,
            "error": "no answer",
            "amount_at_risk": "12.00",
            "currency": "EUR",
            "happened_at": timezone.now(),
            **columns,
        }
    )


def left_to_people(*steps: str, **columns: object) -> Order:
    """A paid order that was cancelled, and of which these steps could not be undone."""
    order = make_order(**{"status": OrderStatus.PAID, **columns})
    order.begin_undo(timezone.now())
    record_timeline_entry(order, OrderEvent.PAID, by="system", amount=str(order.total))
    for step in steps or ("payment",):
        make_reversal(order, step)
    orders.record_cancelled(Ending(order.number, "cancelled", "changed_mind", "customer:guest"))
    order.refresh_from_db()
    return order


def decide_on(failure: CompensationFailure, person: User, action: str, text: str = "") -> ReversalDecision:
    """What a person has decided about a failed reversal, still to be carried out."""
    return ReversalDecision.objects.create(failure=failure, action=action, text=text, decided_by=person)


def undone_but(step: str, *forward: steps.Call) -> CompensationFailure:
    """A cancelled order of three teas, paid and booked at its carrier, of which `step` was not undone."""
    order = steps.order_after(*(forward or steps.up_to(steps.leave)), steps.begin_undo)
    undo = {"shipping": steps.unbook, "payment": steps.return_money, "stock": steps.release}
    for name, take_back in undo.items():
        if name == step:
            orders.record_failed_reversal(FailedReversal(order.number, step, "it would not"))
        elif (step, name) != ("shipping", "stock"):  # what may be on its way is not put back
            take_back(order)
    steps.cancelled(order)
    return CompensationFailure.objects.get(order=order)


def make_settler(name: str, role: Role = Role.FINANCE) -> User:
    """Somebody with the permissions of a role and no other."""
    person = make_user(name, role)
    allowed = Permission.objects.filter(content_type__app_label="orders", codename__in=ROLE_PERMISSIONS[role])
    person.groups.get().permissions.set(allowed)
    return person
