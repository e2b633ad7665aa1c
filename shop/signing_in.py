"""Signing in: how often it may be tried, by name, by address and by both; and what who guessed too many sees.

django-axes counts wrong passwords for a name from one address. Here they are counted for a name from anywhere, and
for an address whatever the name. Nobody can lock somebody else out: a browser that has signed in under a name before
may go on trying it, and only django-axes counts that.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.crypto import salted_hmac

from orders.models.throttle import Throttle
from orders.views import visitor
from orders.views.origin import client_address, network
from orders.views.throttle import too_many

NAME_LENGTH = 150  # no account has a longer name
EVERY = timedelta(minutes=15)
KNOWN, KNOWN_FOR = "signed_in_before", timedelta(days=180)
HASHING_WAITS = 5.0  # seconds
# A hash takes a third of a second of a processor: no crowd at the door may take all of them from the shop.
_hashing = BoundedSemaphore(settings.HASHES_AT_ONCE)


def throttled_name(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """The name as typed, but no longer than django-axes can write down."""
    typed = request.POST if credentials is None else credentials
    return str(typed.get("username") or "")[:NAME_LENGTH]


def locked_out(request: HttpRequest, *ignored: Any) -> HttpResponse:
    """The lock-out page, 429, with `Retry-After`. django-axes passes more than is needed, in varying order."""
    return too_many(request, int(settings.AXES_COOLOFF_TIME.total_seconds()))


class SignIn(LoginView):
    """Signing in to the shop."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        wait = max(Throttle.wait(*counted, limit=limit) for counted, limit in self._limits())
        if wait:
            return too_many(request, wait)
        with _one_of_few() as may_hash:
            if may_hash:
                return super().post(request, *args, **kwargs)
        response = render(request, "503.html", status=503)
        response.headers["Retry-After"] = "5"
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        for counted, limit in self._limits():
            Throttle.spend(*counted, limit=limit, every=EVERY)
        return super().form_invalid(form)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        visitor.forget_orders(self.request)
        response = super().form_valid(form)
        response.set_signed_cookie(
            KNOWN,
            _of(throttled_name(self.request)),
            salt=KNOWN,
            max_age=KNOWN_FOR,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
        return response

    def _limits(self) -> list[tuple[tuple[str, str], int]]:
        """What is counted, and how far."""
        name, address = throttled_name(self.request).casefold(), network(client_address(self.request))
        limits = [(("sign-in-address", address), settings.WRONG_PASSWORDS_PER_ADDRESS)]
        if self.request.get_signed_cookie(KNOWN, default="", salt=KNOWN, max_age=KNOWN_FOR) != _of(name):
            limits.append((("sign-in-name", name), settings.WRONG_PASSWORDS_PER_NAME))
        return limits


def _of(name: str) -> str:
    """What a browser keeps of a name; a cookie takes no letters but plain ones."""
    return salted_hmac(KNOWN, name.casefold()).hexdigest()


@contextmanager
def _one_of_few() -> Iterator[bool]:
    """Whether a password may be hashed now: only so many are at once, and the others wait for their turn."""
    taken = _hashing.acquire(timeout=HASHING_WAITS)
    try:
        yield taken
    finally:
        if taken:
            _hashing.release()


class StaffSignIn(SignIn):
    """Signing in to the admin: the shop's own page, which says why it is shown and where it leads."""

    next_page = "admin:index"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_staff:
            return HttpResponseRedirect(self.get_success_url())
        return super().get(request, *args, **kwargs)
