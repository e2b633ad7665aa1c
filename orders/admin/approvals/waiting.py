"""What waits for the person signed in; read once a request, because the sidebar of every page counts it."""

from typing import cast

from django.http import HttpRequest
from django.utils import timezone

from orders.admin.base.people import signed_in
from orders.authorization.eligibility import Voter
from orders.authorization.lookups import count_waiting_for, waiting_for
from orders.models import ApprovalRequest

VOTER, WAITING, COUNTED = "shop.voter", "shop.waiting", "shop.counted"  # under which names a request keeps them


def voter_of(request: HttpRequest) -> Voter:
    """What the person signed in may vote as."""
    if VOTER not in request.META:
        request.META[VOTER] = Voter.of(signed_in(request), timezone.now())
    return cast(Voter, request.META[VOTER])


def count_waiting_for_me(request: HttpRequest) -> int:
    """How many approvals the person signed in can decide now; counted, not read, unless the page reads them anyway."""
    if WAITING in request.META:
        return len(waiting_for_me(request))
    if COUNTED not in request.META:
        allowed = request.user.has_perm("orders.decide_approval")
        request.META[COUNTED] = count_waiting_for(voter_of(request)) if allowed else 0
    return cast(int, request.META[COUNTED])


def count_late_for_me(request: HttpRequest) -> int:
    """How many of them are past their deadline."""
    return count_waiting_for(voter_of(request), late_at=timezone.now()) if count_waiting_for_me(request) else 0


def waiting_for_me(request: HttpRequest) -> list[ApprovalRequest]:
    """Approvals that the person signed in can decide now, most urgent first."""
    if WAITING not in request.META:
        allowed = request.user.has_perm("orders.decide_approval")
        request.META[WAITING] = waiting_for(voter_of(request)) if allowed else []
    return cast(list[ApprovalRequest], request.META[WAITING])
