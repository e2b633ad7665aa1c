"""What pages of our own share with the pages of Django's admin."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from orders.admin.people import signed_in
from orders.models import ApprovalRequest
from orders.models.deciders import Voter, waiting_for

VOTER, WAITING = "shop.voter", "shop.waiting"  # what one request reads once


def nowhere(request: HttpRequest, rest: str) -> HttpResponse:
    """In place of Django's "view on site", which asks for no permission; an order's address holds its key."""
    raise Http404


def page_context(request: HttpRequest, title: str) -> dict[str, Any]:
    """Frame, sidebar and title of an admin page."""
    return {**admin.site.each_context(request), "title": title}


def voter_of(request: HttpRequest) -> Voter:
    """What the person signed in may vote as; read once a request."""
    if VOTER not in request.META:
        request.META[VOTER] = Voter.of(signed_in(request), timezone.now())
    return request.META[VOTER]


def waiting_for_me(request: HttpRequest) -> list[ApprovalRequest]:
    """Approvals that the person signed in can decide now, most urgent first; read once a request."""
    if WAITING not in request.META:
        allowed = request.user.has_perm("orders.decide_approval")
        request.META[WAITING] = waiting_for(voter_of(request)) if allowed else []
    return request.META[WAITING]
