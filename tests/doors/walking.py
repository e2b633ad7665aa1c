"""Walks up to every door of the shop, as everybody, in every way, and tells who is let in."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client
from django.urls import URLResolver, get_resolver

WITH_TOKEN = ("GET", "POST")
WAYS = (*WITH_TOKEN, "POST without token")
LET_IN, SIGN_IN, FORBIDDEN, MISSING, NOT_SO, BROKEN, NOT_ASKED = "+>x0-!."
FARED = {403: FORBIDDEN, 404: MISSING, 405: NOT_SO, 500: BROKEN}
TOKEN, OTHER_KEY = "<token:token>", " with another key"
ACTION = " action "  # a row about several that are chosen from a list: the list's address, and what is asked


@dataclass(frozen=True)
class World:
    """Whom and what a walk meets: people in the table's order, None for who is not signed in, and some of them, who are
    enough where it is the same for all; a row's key by the model's name; and what stands in addresses, by the part that
    it stands for."""

    people: list[User | None]
    some: list[User | None]
    keys: dict[str, int | str]
    parts: dict[str, str]
    sessions: dict[int, str] = field(default_factory=dict)
    browser: Client = field(default_factory=partial(Client, enforce_csrf_checks=True, raise_request_exception=False))

    def sign_in(self) -> None:
        """Give everybody a session."""
        for user in filter(None, self.people):
            browser = Client()
            browser.force_login(user)
            self.sessions[user.pk] = browser.cookies[settings.SESSION_COOKIE_NAME].value


def every_address() -> Iterator[str]:
    """What Django's resolver knows, each once, then what may be asked about several rows of a list."""
    routes = dict.fromkeys(_routes(get_resolver()))
    yield from routes
    yield from (f"{route}{OTHER_KEY}" for route in routes if TOKEN in route)
    for model, page in admin.site._registry.items():
        for action in _actions_of(page):
            yield f"admin/{model._meta.app_label}/{model._meta.model_name}/{ACTION}{action}"


def _routes(resolver: Any, before: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _routes(entry, before + str(entry.pattern))
        else:
            yield before + str(entry.pattern)


def _actions_of(page: admin.ModelAdmin) -> list[str]:
    """Every action of a list, as for somebody who may do everything."""
    request = HttpRequest()
    request.user = User(is_superuser=True, is_active=True)
    return list(page.get_actions(request))


def walk(address: str, world: World) -> str:
    """How everybody fares at an address, a letter each, in every way that it can be asked."""
    url, fared = _url_of(address, world), []
    for way in WAYS:
        asked = ACTION not in address or way != "GET"
        people = world.people if way in WITH_TOKEN else world.some
        fared.append("".join(_knock(address, url, way, user, world) if asked else NOT_ASKED for user in people))
    return " ".join(fared)


def _url_of(address: str, world: World) -> str:
    route = address.partition(ACTION)[0]
    if route.endswith(OTHER_KEY):
        route = route.removesuffix(OTHER_KEY).replace(TOKEN, "x" * 32)
    model = route.split("/")[2] if route.count("/") > 2 else ""
    for part, value in {**world.parts, "<path:object_id>": str(world.keys.get(model, 1))}.items():
        route = route.replace(part, value)
    assert not {"<", "("} & set(route), f"what stands for the parts of {route}?"
    return f"/{route}"


def _knock(address: str, url: str, way: str, user: User | None, world: World) -> str:
    """How somebody fares; what they changed is taken back."""
    browser = world.browser
    browser.cookies.clear()
    if user is not None:
        browser.cookies[settings.SESSION_COOKIE_NAME] = world.sessions[user.pk]
    action = address.partition(ACTION)[2]
    sent = {"action": action, "_selected_action": "1"} if action else {"_form_submitted": "True"}
    with transaction.atomic():
        if way == "POST":
            browser.cookies[settings.CSRF_COOKIE_NAME] = token = _get_new_csrf_string()
            answer = browser.post(url, sent, headers={"X-CSRFToken": token})
        else:
            answer = browser.get(url) if way == "GET" else browser.post(url, sent)
        transaction.set_rollback(True)
    answer.close()
    return _fared(answer, url, bool(action))


def _fared(answer: HttpResponseBase, url: str, action: bool) -> str:
    status, way = answer.status_code, answer.headers.get("Location", "")
    if way.startswith(("/accounts/login/?", "/admin/login/?")):
        return SIGN_IN
    if way == "/admin/" and url.startswith(("/admin/orders/", "/admin/auth/")):
        return MISSING  # as Django's admin says it
    if status in FARED:
        return FARED[status]
    if action:  # a list that does not offer what is asked shows itself once more
        asks_back = "delete_selected_confirmation" in str(getattr(answer, "template_name", ""))
        return LET_IN if asks_back or way not in ("", url) else FORBIDDEN
    return LET_IN
