"""How long staff stay signed in: so long after they signed in, and so long after they last did something.

A session's own expiry says both, so that Django ends it, and whatever looks at the session (an event stream) ends too.
"""

import time

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin

BEGAN, SEEN = "staff_began", "staff_seen"  # seconds since 1970
BY_ITSELF = ("admin:payment-check-live",)  # what a page asks for while nobody does anything


def begin(request: HttpRequest, user: User, **ignored: object) -> None:
    """Somebody signs in (Django's signal): whatever this browser did before, their time begins now."""
    request.session.pop(BEGAN, None)
    if user.is_staff:
        _go_on(request)


class StaffSessions(MiddlewareMixin):
    """Each thing that staff do puts the end of their session off."""

    def process_view(self, request: HttpRequest, *ignored: object) -> None:
        """Nothing is loaded where nobody can be signed in; and a session is not written anew at every click."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_staff:
            return
        asked_by_itself = request.resolver_match is not None and request.resolver_match.view_name in BY_ITSELF
        if not asked_by_itself and time.time() - request.session.get(SEEN, 0) >= settings.STAFF_IDLE / 30:
            _go_on(request)


def _go_on(request: HttpRequest) -> None:
    now, session = int(time.time()), request.session
    session[SEEN] = now
    age = now - session.setdefault(BEGAN, now)
    session.set_expiry(max(1, min(settings.STAFF_IDLE, settings.STAFF_SESSION_AGE - age)))
