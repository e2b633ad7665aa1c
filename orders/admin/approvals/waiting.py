"""What waits for the person signed in; read once a request, because the sidebar of every page counts it."""

from typing import cast

from django.http import HttpRequest
from django.utils import timezone

from orders.admin.base.people import signed_in
from orders.authorization.eligibility import Voter
from orders.authorization.lookups import waiting_for
from orders.models import ApprovalRequest

VOTER, WAITING = "shop.voter", "shop.waiting"  # under which names a request keeps them


def voter_of(request: HttpRequest) -> Voter:
    """What the person signed in may vote as."""
    if VOTER not in request.META:
        request.META[VOTER] = Voter.of(signed_in(request), timezone.now())
    return cast(Voter, request.META[VOTER])


def waiting_for_me(request: HttpRequest) -> list[ApprovalRequest]:
    """Approvals that the person signed in can decide now, most urgent first."""
    if WAITING not in request.META:
        allowed = request.user.has_perm("orders.decide_approval")
        request.META[WAITING] = waiting_for(voter_of(request)) if allowed else []
    return cast(list[ApprovalRequest], request.META[WAITING])
