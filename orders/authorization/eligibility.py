"""Who may decide what: roles, delegations and four eyes, read from the tables as they are at this moment.

The same question is asked in three places (the admin, the client function, the activity that records a decision);
this is the one place that answers it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import Group, User

from orders.authorization.own_orders import is_own, is_same
from orders.models import ApprovalDecision, ApprovalLevel, ApprovalRequest, Delegation
from orders.rules import actors
from orders.rules.approvals import (
    DECIDED,
    ApprovalOutcome,
    LevelState,
    Role,
    check_content,
    check_decision,
    outcome,
)
from orders.rules.refusals import Refusal, RuleBroken


@dataclass(frozen=True)
class Vote:
    """A vote that may be cast now.

    :param acting_for: whose vote it is, where that is somebody else's
    """

    person: User
    role: str
    acting_for: User | None = None


@dataclass(frozen=True)
class Voter:
    """A person with the roles that count at one moment: their own, and those of the absent they stand in for."""

    person: User
    roles: frozenset[str]
    absent: tuple[tuple[User, frozenset[str]], ...] = ()

    @classmethod
    def of(cls, person: User, at: datetime) -> "Voter":
        """What `person` may vote as at `at`. Memberships and delegations are read anew, three queries at most.

        Somebody inactive has no roles, and neither has an inactive delegator. Being a superuser counts for nothing.
        """
        own = Group.objects.filter(user=person, user__is_active=True).values_list("name", flat=True)
        delegations = (
            Delegation.objects.filter(delegate=person, delegate__is_active=True, delegator__is_active=True)
            .filter(starts_at__lte=at, ends_at__gt=at)
            .select_related("delegator")
            .prefetch_related("delegator__groups")
            .order_by("pk")
        )
        return cls(person, _roles(own), tuple((d.delegator, _roles(_group_names(d.delegator))) for d in delegations))

    @property
    def all_roles(self) -> frozenset[str]:
        """Every role this person could decide for, in their own right or for somebody else."""
        return self.roles.union(*(roles for _who, roles in self.absent))

    def vote(self, request: ApprovalRequest, role: str) -> Vote:
        """The vote this person has on `request` for `role`. Whether the level is still open is not asked here.

        :raises RuleBroken: unknown role; not in it; own request or order; has decided another level
        """
        if role not in list(Role):
            raise RuleBroken(Refusal.UNKNOWN_ROLE, role=role)
        if role not in self.all_roles:
            raise RuleBroken(Refusal.NOT_IN_ROLE, role=role)
        elsewhere = _who_decided_elsewhere(request, role)
        _check_four_eyes(request, self.person, elsewhere)
        if role in self.roles:
            return Vote(self.person, role)
        return self._vote_for_the_absent(request, role, elsewhere)

    def votes(self, request: ApprovalRequest) -> list[Vote]:
        """Every vote this person can cast on `request` now: one for each pending level that is theirs to decide."""
        return [verdict for _role, verdict in self.verdicts(request) if isinstance(verdict, Vote)]

    def verdicts(self, request: ApprovalRequest) -> Iterator[tuple[str, Vote | RuleBroken]]:
        """For each level of `request` that is still open, its role and the vote, or why there is none."""
        if request.outcome != ApprovalOutcome.PENDING:
            return  # one rejection ended it: what the other levels thought is no longer asked
        for level in in_order(request):
            if level.state == LevelState.PENDING:
                yield level.role, self._verdict(request, level.role)

    def _verdict(self, request: ApprovalRequest, role: str) -> Vote | RuleBroken:
        try:
            return self.vote(request, role)
        except RuleBroken as refusal:
            return refusal

    def _vote_for_the_absent(self, request: ApprovalRequest, role: str, elsewhere: set[int]) -> Vote:
        # the first whose vote is free; where none is, the first one's reason is told
        reasons = []
        for delegator, roles in self.absent:
            if role not in roles:
                continue
            try:
                _check_four_eyes(request, delegator, elsewhere)
            except RuleBroken as reason:
                reasons.append(reason)
            else:
                return Vote(self.person, role, acting_for=delegator)
        raise reasons[0]


def check_eligibility(
    request: ApprovalRequest, *, role: str, approved: bool, comment: str, by: str, seen: str, at: datetime
) -> Vote:
    """The vote that a decision is.

    :param by: who decides, as `user:17`; whatever client function they come through, only people in the role decide
    :param seen: the fingerprint of what that person looked at; empty where nobody says
    :param at: when; whoever stands in for somebody else must do so then
    :raises RuleBroken: unknown role; closed, not asked or decided; rejected without a comment; other content than was
        seen; not in the role; own request or order; has decided another level
    """
    levels = {level.role: LevelState(level.state) for level in request.levels.all()}
    ended = request.outcome if request.outcome != ApprovalOutcome.PENDING else outcome(levels)
    check_decision(levels, outcome=ended, role=role, approved=approved, comment=comment)
    vote = Voter.of(_person(by, role), at).vote(request, role)
    check_content(seen=seen, fingerprint=request.fingerprint, amount=request.amount)
    return vote


def _person(by: str, role: str) -> User:
    user_id = actors.user_id(by)
    person = User.objects.filter(pk=user_id).first() if user_id is not None else None
    if person is None:
        raise RuleBroken(Refusal.NOT_IN_ROLE, role=role)
    return person


def in_order(request: ApprovalRequest) -> list[ApprovalLevel]:
    """The levels of an approval, from the lowest role to the highest."""
    rank = {str(role): place for place, role in enumerate(Role)}
    return sorted(request.levels.all(), key=lambda level: rank[level.role])


def _check_four_eyes(request: ApprovalRequest, person: User, elsewhere: set[int]) -> None:
    if actors.person_id(request.requested_by) == person.pk:
        raise RuleBroken(Refusal.OWN_REQUEST)
    if request.credit_adjustment is not None and is_same(request.credit_adjustment.customer, person):
        raise RuleBroken(Refusal.OWN_CREDIT)
    if request.concerns is not None and is_own(request.concerns, person):
        raise RuleBroken(Refusal.OWN_ORDER, number=request.concerns.number)
    if person.pk in elsewhere:
        raise RuleBroken(Refusal.ONE_LEVEL_PER_PERSON)


def _who_decided_elsewhere(request: ApprovalRequest, role: str) -> set[int]:
    """Keys of everybody whose vote stands on another level than `role`'s: who cast it and whose it was."""
    settled = {level.role for level in request.levels.all() if level.state in DECIDED}
    standing: dict[str, ApprovalDecision] = {}
    for decision in sorted(request.decisions.all(), key=lambda decision: decision.round):
        if decision.role in settled - {role}:
            standing[decision.role] = decision  # a later round's decision takes an earlier one's place
    keys = (key for decision in standing.values() for key in (decision.person_id, decision.acting_for_id))
    return {key for key in keys if key is not None}


def _roles(names: Iterable[str]) -> frozenset[str]:
    return frozenset(names) & frozenset(Role)


def _group_names(person: User) -> list[str]:
    return [group.name for group in person.groups.all()]
