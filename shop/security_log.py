"""What happened at the doors: sign-ins, refusals, changed passwords, and whatever staff do, money above all.

A line each, of ids alone: no names, no addresses (where something came from is a digest, the same for one network), no
secrets. `shop.logs` says how a line is written.
"""

import logging
import re

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import salted_hmac
from django.utils.deprecation import MiddlewareMixin

from orders.rules import actors
from orders.views.origin import client_address, network

log = logging.getLogger("shop.security")
REFUSED = {403, 429}
KEY = re.compile(r"[\w.:-]{1,40}", re.ASCII)
MOST_KEYS = 20


def tell(event: str, *, by: str = "", request: HttpRequest | None = None, **facts: object) -> None:
    """Write one line.

    :param by: who, e.g. `user:17`; empty where nobody is signed in
    """
    came = {"origin": _digest("origin", network(client_address(request)))} if request is not None else {}
    log.info(event, extra={"facts": {"by": by, **came, **facts}})


def signed_in(request: HttpRequest | None, user: AbstractBaseUser, **ignored: object) -> None:
    """Django's signal."""
    tell("signed_in", by=actors.user(user.pk), request=request)


def signed_out(request: HttpRequest | None, user: AbstractBaseUser | None, **ignored: object) -> None:
    """Django's signal; who signs out may have been signed out before."""
    tell("signed_out", by=actors.user(user.pk) if user else "", request=request)


def sign_in_failed(credentials: dict[str, object], request: HttpRequest | None = None, **ignored: object) -> None:
    """Django's signal. The name that was tried may be a password: a digest of it stands there."""
    tell("sign_in_failed", request=request, name=_digest("name", str(credentials.get("username", "")).casefold()))


class Watch(MiddlewareMixin):
    """Tells of every request that is refused, and of everything that staff send in the admin."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        match, status = request.resolver_match, response.status_code
        sent = request.method == "POST" and match is not None and "admin" in match.namespaces
        if status in REFUSED or (sent and _by(request)):
            facts = {"route": match.view_name if match else "", "method": request.method, "status": status}
            event = "refused" if status in REFUSED else "staff_action"
            tell(event, by=_by(request), request=request, **facts, **(_about(request) if sent else {}))
        return response


def _by(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    return actors.user(user.pk) if user is not None and user.is_authenticated else ""


def _about(request: HttpRequest) -> dict[str, object]:
    """What a form of the admin was about: a row, or an action and the rows that were chosen for it."""
    match = request.resolver_match
    keys = [str(value) for value in match.kwargs.values()] if match else []
    keys += request.POST.getlist("_selected_action")
    about = {"action": request.POST.get("action", ""), "subject": ",".join(filter(KEY.fullmatch, keys[:MOST_KEYS]))}
    return {name: value for name, value in about.items() if value and (name == "subject" or KEY.fullmatch(value))}


def _digest(what: str, text: str) -> str:
    return salted_hmac(f"shop.security.{what}", text).hexdigest()[:12]
