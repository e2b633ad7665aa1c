"""Whom a mail is for, looked up when it is sent."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from orders.models import Notification
from orders.rules.approvals import same_person


@dataclass(frozen=True)
class Recipient:
    """One person to write to; `name` may be empty."""

    email: str
    language: str
    name: str = ""


def resolve(notification: Notification) -> list[Recipient]:
    """Everybody a mail is for; empty where nobody has an address.

    Recipients are written as `order` (its customer), `user:17`, `role:manager` (every active member, and whoever
    stands in for one now, but not who asked for the approval), `operations`.
    """
    kind, _colon, which = notification.recipient.partition(":")
    if kind == "order":
        return _customer(notification)
    if kind == "operations":
        return [Recipient(settings.OPERATIONS_EMAIL, settings.LANGUAGE_CODE)] if settings.OPERATIONS_EMAIL else []
    if kind == "user":
        return _staff(Q(pk=which))
    if kind == "role":
        return _staff(_in_role(which), leave_out=_requester(notification))
    return []


def _customer(notification: Notification) -> list[Recipient]:
    order = notification.order
    return [Recipient(order.email, order.language, order.name)] if order and order.email else []


def _in_role(role: str) -> Q:
    now = timezone.now()
    stands_in = Q(
        delegations_held__starts_at__lte=now,
        delegations_held__ends_at__gt=now,
        delegations_held__delegator__groups__name=role,
        delegations_held__delegator__is_active=True,
    )
    return Q(groups__name=role) | stands_in


def _staff(which: Q, *, leave_out: str = "") -> list[Recipient]:
    people = get_user_model().objects.filter(which, is_active=True).exclude(email="").distinct().order_by("pk")
    return [
        Recipient(person.email, settings.LANGUAGE_CODE, _name(person))
        for person in people
        if not same_person(f"user:{person.pk}", leave_out)
    ]


def _name(person: User) -> str:
    return person.get_full_name() or person.get_username()


def _requester(notification: Notification) -> str:
    approval = getattr(notification.order or notification.expense, "approval", None)
    return approval.requested_by if approval else ""
