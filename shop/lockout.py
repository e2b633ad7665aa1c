"""What somebody sees who guessed too many passwords."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def locked_out(request: HttpRequest, *ignored: Any) -> HttpResponse:
    """The lock-out page, 429, with `Retry-After`. django-axes passes more than is needed, in varying order."""
    wait = settings.AXES_COOLOFF_TIME
    context = {"minutes": int(wait.total_seconds() // 60)}
    response = render(request, "registration/locked_out.html", context, status=429)
    response.headers["Retry-After"] = str(int(wait.total_seconds()))
    return response
