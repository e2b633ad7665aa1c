"""The live stream of one order's page: sections of the page, sent anew when something happened to the order."""

import time
from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import Error as DatabaseTrouble
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.http import require_safe

from orders.views import visitor
from orders.views.order_page import SECTIONS, Access, page_context, whole
from orders.views.order_watcher import off_the_loop, order_watcher

HEARTBEAT_SECONDS = 15.0
ALLOWED_FOR_SECONDS = 15.0  # an owner who signs out sees no more than this long
WITH_FORMS = ("actions", "more")  # sent anew only when what they offer changed: somebody may be typing there


@require_safe
async def order_events(request: HttpRequest, number: str, token: str | None = None) -> StreamingHttpResponse:
    """Server-sent events, one for each section that changed since the page was at version `v`; `end` is the last."""
    access = Access(number, token)
    pk = await sync_to_async(_allowed)(request, access)
    shown = request.headers.get("Last-Event-ID") or request.GET.get("v", "")
    return StreamingHttpResponse(
        _stream(request, pk, access, shown),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _allowed(request: HttpRequest, access: Access) -> int:
    try:
        return visitor.order(request, access.number, access.token).pk
    finally:
        connections.close_all()  # this thread stays with the stream for hours, its connection must not


async def _stream(request: HttpRequest, pk: int, access: Access, page: str) -> AsyncIterator[str]:
    seen, _dot, offer = page.partition(".")
    shown = dict.fromkeys(WITH_FORMS, offer) if offer else {}
    spoke, watch = time.monotonic(), order_watcher()
    asked = spoke
    yield "retry: 2000\n\n"
    with watch.following(pk):
        while True:
            await watch.look()
            news, ended = "", False
            now = watch.version(pk)
            if now not in (None, seen) or time.monotonic() - asked >= ALLOWED_FOR_SECONDS:
                asked = time.monotonic()
                ended = not await off_the_loop(_still_allowed, request, access)
            if now not in (None, seen) and not ended:
                try:
                    news, ended = await off_the_loop(_changes, request, pk, access, shown)
                    seen = now
                except DatabaseTrouble:
                    news = ": the database is away\n\n"
            if news or time.monotonic() - spoke >= HEARTBEAT_SECONDS:
                yield news or ": still here\n\n"
                spoke = time.monotonic()
            if ended:
                yield _event("end", "")
                return


def _still_allowed(request: HttpRequest, access: Access) -> bool:
    """Whether somebody who was let in as the order's owner still is: their session goes on, and so does their account.
    A database that is away ends no stream."""
    if access.token is not None:
        return True
    try:
        session = SessionStore(request.session.session_key)
        mine = session.get(SESSION_KEY) == str(request.user.pk)
        return mine and User.objects.filter(pk=request.user.pk or 0, is_active=True).exists()
    except DatabaseTrouble:
        return True


def _changes(request: HttpRequest, pk: int, access: Access, shown: dict[str, str]) -> tuple[str, bool]:
    """The events for what is not `shown` yet, and whether the order has come to its end."""
    with translation.override(request.LANGUAGE_CODE):
        order = visitor.order(request, access.number, access.token, among=whole())
        context = page_context(request, order, access)
        news = ""
        for section in SECTIONS:
            drawn = render_to_string(f"shop/order/{section}.html", context, request)
            key = context["offer"] if section in WITH_FORMS else drawn
            if shown.get(section) != key:
                news += _event(section, drawn)
                shown[section] = key
    # the last block names the version: a page that lost some of the sections asks for all of them again
    return f"{news}id: {context['version']}\n\n" if news else "", not context["live"]


def _event(name: str, text: str) -> str:
    # browsers drop an event that has no data
    lines = "".join(f"data: {line}\n" for line in (text.strip() or "<!-- nothing -->").splitlines() if line.strip())
    return f"event: {name}\n{lines}\n"
