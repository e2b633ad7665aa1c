"""Signing in: under which name a wrong password is counted, and what somebody sees who guessed too many."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
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
