"""Whom a mail is for, looked up when it is sent."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from orders.models import ApprovalRequest, Notification
from orders.models.notification import TO_CUSTOMER
from orders.rules import actors


@dataclass(frozen=True)
class Recipient:
    """One person to write to; `name` may be empty."""

    email: str
    language: str
    name: str = ""


def resolve(notification: Notification) -> Recipient | None:
    """The person a mail is for; None where there is nobody, or nobody with an address.

    Recipients are written as `order` (its customer), `user:17`, `operations`; for `role:manager` see `people_in_role`.
    """
    kind, which = actors.split(notification.recipient)
    if kind == TO_CUSTOMER:
        return _customer(notification)
    if kind == "operations":
        return Recipient(settings.OPERATIONS_EMAIL, settings.LANGUAGE_CODE) if settings.OPERATIONS_EMAIL else None
    if kind == actors.USER:
        return _person(which)
    return None


def people_in_role(notification: Notification, at: datetime) -> list[str]:
    """Everybody a role's mail is for, as `user:17`: every active member with an address, and whoever stands in for one
    at that moment, but not who asked for the approval."""
    _kind, role = actors.split(notification.recipient)
    keys = _with_address().filter(_in_role(role, at)).distinct().order_by("pk").values_list("pk", flat=True)
    asked_by = _requester(notification)
    return [person for person in map(actors.user, keys) if not actors.same_person(person, asked_by)]


def _customer(notification: Notification) -> Recipient | None:
    order = notification.order
    return Recipient(order.email, order.language, order.name) if order and order.email else None


def _person(key: str) -> Recipient | None:
    person = _with_address().filter(pk=key).first()
    return Recipient(person.email, settings.LANGUAGE_CODE, _name(person)) if person else None


def _with_address() -> QuerySet[User]:
    return User.objects.filter(is_active=True).exclude(email="")


def _in_role(role: str, at: datetime) -> Q:
    stands_in = Q(
        delegations_held__starts_at__lte=at,
        delegations_held__ends_at__gt=at,
        delegations_held__delegator__groups__name=role,
        delegations_held__delegator__is_active=True,
    )
    return Q(groups__name=role) | stands_in


def _name(person: User) -> str:
    return person.get_full_name() or person.get_username()


def approval_of(notification: Notification) -> ApprovalRequest | None:
    """The approval that a mail is about: the one it names, or else that of its order or expense."""
    if "approval" in notification.data:
        return ApprovalRequest.objects.filter(pk=notification.data["approval"]).first()
    return getattr(notification.order or notification.expense, "approval", None)


def _requester(notification: Notification) -> str:
    approval = approval_of(notification)
    return approval.requested_by if approval else ""
