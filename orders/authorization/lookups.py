"""Approvals and decisions by who they concern."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Prefetch, Q, QuerySet

from orders.authorization.eligibility import Voter
from orders.authorization.own_orders import owned_by
from orders.models import ApprovalDecision, ApprovalLevel, ApprovalRequest
from orders.models.approval import ApprovalKind
from orders.rules import actors
from orders.rules.approvals import ApprovalOutcome, LevelState

# What the row of an approval on a page needs of what it is about.
SUBJECT_ROWS = (
    "order",
    "expense__requester",
    "write_off__failure__order",
    "write_off__decided_by",
    "payment_event",
    "resolution__payment_event",
    "resolution__decided_by",
    "refund__order",
    "refund__asked_by",
    "credit_adjustment__customer",
    "credit_adjustment__asked_by",
    "debit_write_off__debit",
    "debit_write_off__asked_by",
)


def undecided() -> QuerySet[ApprovalRequest]:
    """Approvals that still wait for somebody, most urgent first, with what their rows on a page need."""
    return with_subjects(ApprovalRequest.objects.filter(outcome=ApprovalOutcome.PENDING)).order_by("deadline", "pk")


def waiting_for(voter: Voter) -> list[ApprovalRequest]:
    """Approvals that this person can decide now, most urgent first."""
    return [request for request in _asked(voter, undecided()) if voter.votes(request)]


def count_waiting_for(voter: Voter, *, late_at: datetime | None = None) -> int:
    """How many approvals this person can decide now: as many as `waiting_for` holds.

    Four eyes can only matter where the person, or somebody absent whom they stand in for, has asked or decided. Only
    these, which are few, are read and judged one by one; all others are counted by the database.

    :param late_at: count those alone whose deadline was over by then
    """
    late = {"deadline__lt": late_at} if late_at else {}
    pending = _asked(voter, ApprovalRequest.objects.filter(outcome=ApprovalOutcome.PENDING, **late))
    involved = pending.filter(_involves([voter.person, *(absent for absent, _roles in voter.absent)]))
    judged = with_subjects(ApprovalRequest.objects.filter(pk__in=involved.values("pk")))
    return pending.exclude(pk__in=involved.values("pk")).count() + sum(bool(voter.votes(one)) for one in judged)


def _asked(voter: Voter, requests: QuerySet[ApprovalRequest]) -> QuerySet[ApprovalRequest]:
    levels = ApprovalLevel.objects.filter(state=LevelState.PENDING, role__in=voter.all_roles)
    return requests.filter(pk__in=levels.values("request"))


def _involves(people: list[User]) -> Q:
    """Approvals that one of these people asked for, or had a vote in, or that may be about an order of theirs."""
    decisions = ApprovalDecision.objects.filter(Q(person__in=people) | Q(acting_for__in=people))
    asked_by = [actor(person.pk) for person in people for actor in (actors.user, actors.customer)]
    money = ~Q(kind__in=[ApprovalKind.ORDER, ApprovalKind.EXPENSE])  # few; whose it is shows one by one
    asked_or_decided = Q(requested_by__in=asked_by) | Q(pk__in=decisions.values("request"))
    return asked_or_decided | money | owned_by(people, order="order__")


def decided_by(person: User) -> QuerySet[ApprovalDecision]:
    """What this person decided, latest first."""
    return (
        ApprovalDecision.objects.filter(person=person)
        .select_related(*(f"request__{column}" for column in SUBJECT_ROWS), "acting_for")
        .order_by("-at", "-pk")
    )


def with_subjects(requests: QuerySet[ApprovalRequest]) -> QuerySet[ApprovalRequest]:
    """The same approvals, read together with what they are about, their levels and decisions."""
    decisions = ApprovalDecision.objects.select_related("person", "acting_for")
    return requests.select_related(*SUBJECT_ROWS).prefetch_related("levels", Prefetch("decisions", decisions))
