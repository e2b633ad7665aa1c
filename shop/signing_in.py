"""Signing in: staff to the admin; under which name a wrong password is counted, and what who guessed too many sees."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

NAME_LENGTH = 150  # no account has a longer name


def throttled_name(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """The name as typed, but no longer than django-axes can write down."""
    typed = request.POST if credentials is None else credentials
    return str(typed.get("username") or "")[:NAME_LENGTH]


def locked_out(request: HttpRequest, *ignored: Any) -> HttpResponse:
    """The lock-out page, 429, with `Retry-After`. django-axes passes more than is needed, in varying order."""
    wait = settings.AXES_COOLOFF_TIME
    context = {"minutes": int(wait.total_seconds() // 60)}
    response = render(request, "registration/locked_out.html", context, status=429)
    response.headers["Retry-After"] = str(int(wait.total_seconds()))
    return response


class StaffSignIn(LoginView):
    """Signing in to the admin: the shop's own page, which says why it is shown and where it leads."""

    next_page = "admin:index"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_staff:
            return HttpResponseRedirect(self.get_success_url())
        return super().get(request, *args, **kwargs)
