"""Who has to approve what: roles, tiers by amount, and what a set of decisions amounts to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from orders.rules.refusals import Refusal, RuleBroken

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


class ApprovalOutcome(StrEnum):
    """How an approval stands or ended."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


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


def outcome(levels: Mapping[str, LevelState]) -> ApprovalOutcome:
    """What the levels amount to: one rejection ends it, and all that are asked must approve."""
    if LevelState.REJECTED in levels.values():
        return ApprovalOutcome.REJECTED
    if LevelState.PENDING in levels.values():
        return ApprovalOutcome.PENDING
    return ApprovalOutcome.APPROVED


def same_person(one: str, other: str) -> bool:
    """Whether two actors (`user:17`, `customer:17`, `system`) are the same signed-in person."""
    mine, theirs = one.partition(":")[2], other.partition(":")[2]
    return mine.isdigit() and mine == theirs


def revised(levels: Mapping[str, LevelState], *, roles: Iterable[str], grown: bool) -> dict[str, LevelState]:
    """The levels after what is being approved has changed.

    Grown, every role that the new amount asks for decides anew: nobody has approved this much. Otherwise decisions
    stand, and pending levels that are not asked for any more are dropped.
    """
    asked = list(roles)
    if grown:
        kept = {role: LevelState.DROPPED for role in levels if role not in asked}
        return {**dict.fromkeys(asked, LevelState.PENDING), **kept}
    return {
        role: LevelState.DROPPED if state == LevelState.PENDING and role not in asked else state
        for role, state in levels.items()
    }


def check_decision(levels: Mapping[str, LevelState], *, role: str, approved: bool, comment: str) -> None:
    """Refuse a decision that nobody asked for, that stands already, or a rejection without a reason.

    :raises RuleBroken: the role is not asked, has decided, or the comment is missing
    """
    if role not in list(Role):
        raise RuleBroken(Refusal.UNKNOWN_ROLE, role=role)
    if levels.get(role, LevelState.DROPPED) == LevelState.DROPPED:
        raise RuleBroken(Refusal.ROLE_NOT_ASKED, role=role)
    if levels[role] != LevelState.PENDING:
        raise RuleBroken(Refusal.ALREADY_DECIDED)
    if not approved and not comment.strip():
        raise RuleBroken(Refusal.COMMENT_MISSING)
