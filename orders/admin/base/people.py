"""What people are called, where staff may read it. Histories and timelines hold ids alone."""

from collections.abc import Iterable, Mapping
from typing import cast

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext

from orders import labels
from orders.authorization.own_orders import is_own
from orders.models import Order
from orders.rules import actors
from orders.rules.refusals import Refusal
from temporal_app.client.errors import ClientError, Refused


def name(user: User | None) -> str:
    """A person's full name, or the name they sign in with."""
    return (user.get_full_name() or user.get_username()) if user else "–"


def signed_in(request: HttpRequest) -> User:
    """Who is at the browser; behind the admin's sign-in there always is somebody."""
    return cast(User, request.user)


def by(request: HttpRequest) -> str:
    """Who is at the browser, as client functions want to know it."""
    return actors.user(signed_in(request).pk)


def own_order(request: HttpRequest, number: str) -> str:
    """Why the person signed in decides nothing about money for this order, where it is their own; empty otherwise."""
    order = Order.objects.filter(number=number).first()
    own = order is not None and is_own(order, signed_in(request))
    return labels.refusal(Refusal.OWN_ORDER, {"number": number}) if own else ""


def names(written_as: Iterable[object]) -> dict[str, str]:
    """Names of all people among `written_as` (`user:17`, `customer:42`), by how they are written there; one query."""
    written = {str(actor): actors.person_id(str(actor)) for actor in written_as}
    users = User.objects.in_bulk({pk for pk in written.values() if pk is not None})
    return {actor: name(users[pk]) for actor, pk in written.items() if pk in users}


def with_names(details: Mapping[str, object], called: Mapping[str, str]) -> dict[str, object]:
    """The same details, people in them called by name."""
    return {key: called.get(str(value), value) for key, value in details.items()}


def recipient(to: str) -> str:
    """To whom a mail goes, from how an outbox row names it."""
    kind, which = actors.split(to)
    if kind == actors.ROLE:
        return labels.role(which)
    words = {"order": gettext("customer"), "operations": gettext("operations")}
    return words.get(kind) or labels.actor(to)


def explain(error: ClientError) -> str:
    """Why a client function refused, as a sentence in the reader's language, people in it called by name."""
    if not isinstance(error, Refused):
        return error.message
    return labels.refusal(error.code, with_names(error.params, names(error.params.values())))
