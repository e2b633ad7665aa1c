"""Approvals and decisions by who they concern."""

from django.contrib.auth.models import User
from django.db.models import QuerySet

from orders.authorization.eligibility import Voter
from orders.models import ApprovalDecision, ApprovalLevel, ApprovalRequest
from orders.rules.approvals import ApprovalOutcome, LevelState


def undecided() -> QuerySet[ApprovalRequest]:
    """Approvals that still wait for somebody, most urgent first, with what their rows on a page need."""
    return with_subjects(ApprovalRequest.objects.filter(outcome=ApprovalOutcome.PENDING)).order_by("deadline", "pk")


def waiting_for(voter: Voter) -> list[ApprovalRequest]:
    """Approvals that this person can decide now, most urgent first."""
    asked = ApprovalLevel.objects.filter(state=LevelState.PENDING, role__in=voter.all_roles)
    return [request for request in undecided().filter(pk__in=asked.values("request")) if voter.votes(request)]


def decided_by(person: User) -> QuerySet[ApprovalDecision]:
    """What this person decided, latest first."""
    return (
        ApprovalDecision.objects.filter(person=person)
        .select_related("request__order", "request__expense", "request__write_off__failure__order", "acting_for")
        .order_by("-at", "-pk")
    )


def with_subjects(requests: QuerySet[ApprovalRequest]) -> QuerySet[ApprovalRequest]:
    """The same approvals, read together with what they are about, their levels and decisions."""
    return requests.select_related(
        "order", "expense__requester", "write_off__failure__order", "write_off__decided_by"
    ).prefetch_related("levels", "decisions__person", "decisions__acting_for")
