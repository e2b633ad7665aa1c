"""How long staff stay signed in: so long after they signed in, and so long after they last did something.

A session's own expiry says both, so that Django ends it, and whatever looks at the session (an event stream) ends too.
Beside it stands a row for the list from which its owner can end it.
"""

import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from orders.admin.base import proof
from orders.models import StaffSession
from orders.views.origin import client_address

BEGAN, SEEN = "staff_began", "staff_seen"  # seconds since 1970
KEY = "staff_key"  # the session's key when its row was written; keys change as one proves more
LOGIN = "/admin/login/"
BY_ITSELF = ("admin:payment-check-live", "admin:decode-payloads")  # what a page asks for while nobody does anything


def begin(request: HttpRequest, user: User, **ignored: object) -> None:
    """Somebody signs in (Django's signal): whatever this browser did before, their time begins now."""
    for known in (BEGAN, SEEN, KEY):
        request.session.pop(known, None)
    if user.is_staff:
        proof.note(request)
        StaffSession.forget_old(user, timezone.now() - timedelta(seconds=settings.STAFF_SESSION_AGE))
        go_on(request, user)


class StaffSessions(MiddlewareMixin):
    """Each thing that staff do puts the end of their session off."""

    def process_view(self, request: HttpRequest, *ignored: object) -> None:
        """Nothing is loaded where nobody can be signed in; and a session is not written anew at every click."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_staff:
            return
        asked_by_itself = request.resolver_match is not None and request.resolver_match.view_name in BY_ITSELF
        if not asked_by_itself and time.time() - request.session.get(SEEN, 0) >= settings.STAFF_IDLE / 30:
            go_on(request, request.user)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """A dialog that is opened or sent when the session has ended: the whole page signs in, and comes back."""
        htmx = HtmxDetails(request)
        if not htmx or not response.headers.get("Location", "").startswith(f"{LOGIN}?"):
            return response
        return HttpResponseClientRedirect(f"{LOGIN}?{urlencode({'next': htmx.current_url_abs_path or '/admin/'})}")


def go_on(request: HttpRequest, user: User) -> None:
    """They are here, now, in this session."""
    now, session = int(time.time()), request.session
    session[SEEN] = now
    began = session.setdefault(BEGAN, now)
    session.set_expiry(max(1, min(settings.STAFF_IDLE, settings.STAFF_SESSION_AGE - (now - began))))
    if not session.session_key:
        session.create()
    key = str(session.session_key)
    StaffSession.note(
        user,
        key,
        before=session.get(KEY, ""),
        began_at=datetime.fromtimestamp(began, UTC),
        browser=request.headers.get("User-Agent", ""),
        address=client_address(request),
    )
    session[KEY] = key
