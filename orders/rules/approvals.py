"""Who has to approve what: roles, tiers by amount, and what a set of decisions amounts to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.transitions import Transitions

DAY = 86_400


class Role(StrEnum):
    """Roles of staff; each is a Django group of the same name."""

    MANAGER = "manager"
    DIRECTOR = "director"
    VP = "vp"
    WAREHOUSE = "warehouse"
    FINANCE = "finance"
    SUPPORT = "support"


APPROVERS = (Role.MANAGER, Role.DIRECTOR, Role.VP)


class LevelState(StrEnum):
    """Where one role's decision stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    DROPPED = "dropped"


DECIDED = frozenset({LevelState.APPROVED, LevelState.REJECTED})
# Content that has changed is decided anew; a rejection ends the round.
LEVEL: Transitions[LevelState] = {
    LevelState.PENDING: frozenset({LevelState.APPROVED, LevelState.REJECTED, LevelState.DROPPED}),
    LevelState.APPROVED: frozenset({LevelState.PENDING, LevelState.DROPPED}),
    LevelState.DROPPED: frozenset({LevelState.PENDING}),
}


class ApprovalOutcome(StrEnum):
    """How an approval stands or ended."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


# An order that has changed, or an expense that is handed in again, is approved in another round.
APPROVAL: Transitions[ApprovalOutcome] = {
    ApprovalOutcome.PENDING: frozenset(
        {ApprovalOutcome.APPROVED, ApprovalOutcome.REJECTED, ApprovalOutcome.EXPIRED, ApprovalOutcome.WITHDRAWN}
    ),
    ApprovalOutcome.APPROVED: frozenset({ApprovalOutcome.PENDING}),
}


class AtDeadline(StrEnum):
    """What happens to levels still undecided at the deadline."""

    REJECT = "reject"
    ESCALATE = "escalate"


@dataclass(frozen=True)
class ApprovalTier:
    """From which amount on which roles must approve, and within what time (seconds)."""

    from_amount: Decimal
    roles: tuple[str, ...] = ()
    deadline_seconds: int = 7 * DAY
    at_deadline: AtDeadline = AtDeadline.REJECT
    remind_before_seconds: int = 0
    escalate_to: str = ""


ORDER_TIERS = (
    ApprovalTier(Decimal("250.00"), (Role.MANAGER,)),
    ApprovalTier(Decimal("1000.00"), (Role.MANAGER, Role.DIRECTOR)),
    ApprovalTier(Decimal("10000.00"), (Role.MANAGER, Role.DIRECTOR, Role.VP)),
)
EXPENSE_TIERS = (ApprovalTier(Decimal("0.00"), (Role.MANAGER,)),)
NO_APPROVAL = ApprovalTier(Decimal("0.00"))


def tier_for(amount: Decimal, tiers: Iterable[ApprovalTier]) -> ApprovalTier:
    """The highest tier that starts at or below `amount`; `NO_APPROVAL` where none does."""
    return max(
        (tier for tier in tiers if tier.from_amount <= amount),
        key=lambda tier: tier.from_amount,
        default=NO_APPROVAL,
    )


def deciding_tier(amount: Decimal, tiers: Iterable[ApprovalTier]) -> ApprovalTier:
    """Who decides where somebody must, as on expenses and write-offs: below the lowest tier the lowest does, and where
    there is none at all, a manager."""
    asking = [tier for tier in tiers if tier.roles] or EXPENSE_TIERS
    reached = tier_for(amount, asking)
    return reached if reached.roles else min(asking, key=lambda tier: tier.from_amount)


def outcome(levels: Mapping[str, LevelState]) -> ApprovalOutcome:
    """What the levels amount to: one rejection ends it, and all that are asked must approve."""
    if LevelState.REJECTED in levels.values():
        return ApprovalOutcome.REJECTED
    if LevelState.PENDING in levels.values():
        return ApprovalOutcome.PENDING
    return ApprovalOutcome.APPROVED


def revised(levels: Mapping[str, LevelState], *, roles: Iterable[str], grown: bool) -> dict[str, LevelState]:
    """The levels after what is being approved has changed.

    Grown, every role that the new amount asks for decides anew: nobody has approved this much. Otherwise decisions
    stand, pending levels that are not asked for any more are dropped, and a role that is asked only now decides.
    """
    asked = dict.fromkeys(roles, LevelState.PENDING)
    if grown:
        return {**asked, **{role: LevelState.DROPPED for role in levels if role not in asked}}
    undecided = {role: asked.get(role, LevelState.DROPPED) for role in levels if levels[role] not in DECIDED}
    return {**levels, **undecided, **{role: state for role, state in asked.items() if role not in levels}}


def may_escalate(levels: Mapping[str, LevelState], *, to: str) -> bool:
    """Whether there is somebody new to ask: silence on one level never turns another's decision into the last word."""
    return bool(to) and levels.get(to) not in DECIDED


def escalated(levels: Mapping[str, LevelState], *, to: str) -> dict[str, LevelState]:
    """The levels after those who were asked did not answer: the role `to` decides in their place."""
    passed_over = {role: LevelState.DROPPED for role, state in levels.items() if state == LevelState.PENDING}
    return {**levels, **passed_over, to: LevelState.PENDING}


def check_decision(levels: Mapping[str, LevelState], *, outcome: str, role: str, approved: bool, comment: str) -> None:
    """Refuse a decision that nobody asked for, that stands already, or a rejection without a reason.

    :raises RuleBroken: unknown role; the approval is closed; the role is not asked or has decided; no comment
    """
    if role not in list(Role):
        raise RuleBroken(Refusal.UNKNOWN_ROLE, role=role)
    if outcome != ApprovalOutcome.PENDING:
        raise RuleBroken(Refusal.APPROVAL_CLOSED, outcome=outcome)
    if levels.get(role, LevelState.DROPPED) == LevelState.DROPPED:
        raise RuleBroken(Refusal.ROLE_NOT_ASKED, role=role)
    if levels[role] != LevelState.PENDING:
        raise RuleBroken(Refusal.ALREADY_DECIDED)
    if not approved and not comment.strip():
        raise RuleBroken(Refusal.COMMENT_MISSING)


def check_content(*, seen: str, fingerprint: str, amount: Decimal) -> None:
    """Refuse a decision on something else than what there is now; `seen` is empty where nobody says what they saw.

    :raises RuleBroken: it has changed
    """
    if seen and seen != fingerprint:
        raise RuleBroken(Refusal.CONTENT_CHANGED, total=amount)
