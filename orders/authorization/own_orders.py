"""Whose order it is: nobody decides about the money of an order that is their own, or approves it.

An order is somebody's own where it was placed from their account, or under their e-mail address or name; case and
blanks make no difference.
"""

import re

from django.contrib.auth.models import User
from django.db.models import Q

from orders.models import Order
from orders.rules import actors
from orders.rules.refusals import Refusal, RuleBroken

BLANKS = r"\s+"


def is_own(order: Order, person: User) -> bool:
    """Whether an order is this person's own."""
    same_account = order.customer_id == person.pk
    return same_account or _same(order.email, person.email) or _same(order.name, person.get_full_name())


def is_same(customer: User, person: User) -> bool:
    """Whether a customer's account is this person's own: the same account, e-mail address or name."""
    same_name = _same(customer.get_full_name(), person.get_full_name())
    return customer.pk == person.pk or _same(customer.email, person.email) or same_name


def check_not_own_credit(customer: User, by: str) -> None:
    """Refuse what a member of staff wants to do about the credit of somebody who is they themselves.

    :raises RuleBroken: it is their own
    """
    user_id = actors.user_id(by)
    person = User.objects.filter(pk=user_id).first() if user_id is not None else None
    if person is not None and is_same(customer, person):
        raise RuleBroken(Refusal.OWN_CREDIT)


def barred_from_credit(customer: User) -> tuple[str, ...]:
    """The members of staff whose own account it is, as `user:17`."""
    staff = User.objects.filter(is_staff=True, is_active=True).order_by("pk")
    return tuple(actors.user(person.pk) for person in staff if is_same(customer, person))


def check_not_own(order: Order | None, by: str) -> None:
    """Refuse what a member of staff wants to do about the money of an order, where there is such an order.

    :param by: who, e.g. `user:17`; whoever is no member of staff has no order of their own here
    :raises RuleBroken: it is their own
    """
    if order is not None and is_own_of(order, by):
        raise RuleBroken(Refusal.OWN_ORDER, number=order.number)


def is_own_of(order: Order, by: str) -> bool:
    """Whether an order is the own one of somebody who is named as `user:17`."""
    user_id = actors.user_id(by)
    person = User.objects.filter(pk=user_id).first() if user_id is not None else None
    return person is not None and is_own(order, person)


def barred_from(order: Order | None) -> tuple[str, ...]:
    """The members of staff whose own order it is, as `user:17`: how workflows know them, without personal data."""
    if order is None:
        return ()
    staff = User.objects.filter(is_staff=True, is_active=True).order_by("pk")
    return tuple(actors.user(person.pk) for person in staff if is_own(order, person))


def owned_by(people: list[User], *, order: str = "") -> Q:
    """Rows whose order is one of these people's own.

    :param order: where the order stands, e.g. `order__`
    """
    own = Q(**{f"{order}customer__in": people})
    for person in people:
        for column, text in (("email", person.email), ("name", person.get_full_name())):
            if _folded(text):
                own |= Q(**{f"{order}{column}__iregex": _pattern(text)})
    return own


def _same(one: str, other: str) -> bool:
    return bool(_folded(one)) and _folded(one) == _folded(other)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _pattern(text: str) -> str:
    words = (re.escape(word).replace("ss", "(ss|ß)") for word in _folded(text).split())
    return rf"^\s*{BLANKS.join(words)}\s*$"
