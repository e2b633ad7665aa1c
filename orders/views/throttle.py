"""How often something may be done from one network address: 429 with `Retry-After` for what is more."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from orders.models.throttle import Throttle
from orders.rules.refusals import Refusal
from orders.views.origin import client_address, network
from temporal_app.client.errors import Refused


class TooMany(Refused):
    """It may be tried again in so many seconds (`wait`)."""

    def __init__(self, wait: int) -> None:
        super().__init__(Refusal.TOO_MANY_FROM_THERE, {"minutes": str(-(-wait // 60))})
        self.wait = wait


def throttle(request: HttpRequest, what: str, *, limit: int, every: timedelta) -> None:
    """Count one more from where this request comes.

    :raises TooMany: it is more than `limit`
    """
    wait = Throttle.spend(what, network(client_address(request)), limit=limit, every=every)
    if wait:
        raise TooMany(wait)


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """The page that says so, 429."""
    response = render(request, "registration/locked_out.html", {"minutes": -(-seconds // 60)}, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response
