"""Messages of an approval, and what it asks of its activities."""

from dataclasses import dataclass
from decimal import Decimal

from orders.rules import actors
from orders.rules.approvals import DAY, ApprovalTier, AtDeadline


@dataclass(frozen=True)
class ApprovalInput:
    """What an approval starts with; the tier is kept whatever becomes of the policy.

    :param subject: an order's number, or an expense's id
    :param requested_by: who may not decide
    :param barred: who may not either, because the order concerned is their own
    """

    kind: str
    subject: str
    amount: Decimal
    roles: tuple[str, ...]
    requested_by: str = actors.SYSTEM
    fingerprint: str = ""
    deadline_seconds: int = 7 * DAY
    at_deadline: str = AtDeadline.REJECT
    remind_before_seconds: int = 0
    escalate_to: str = ""
    round: int = 1
    barred: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """One person's decision for one role. `fingerprint`, where given, is what that person was looking at."""

    role: str
    approved: bool
    comment: str = ""
    by: str = actors.SYSTEM
    fingerprint: str = ""


@dataclass(frozen=True)
class ApprovalState:
    """How an approval stands: its outcome and each role's state."""

    outcome: str
    levels: dict[str, str]


@dataclass(frozen=True)
class ApprovalResult:
    """How an approval ended, by whom and why."""

    outcome: str
    by: str = actors.SYSTEM
    reason: str = ""
    fingerprint: str = ""
    round: int = 1


@dataclass(frozen=True)
class ApprovalRevision:
    """What is being approved has changed while it was being approved. `tier` is what its amount asks for now."""

    amount: Decimal
    fingerprint: str
    tier: ApprovalTier
    by: str = actors.SYSTEM


@dataclass(frozen=True)
class ApprovalOpening:
    """Record that an approval was asked for, or asked anew in another round."""

    approval: ApprovalInput
    deadline: float


@dataclass(frozen=True)
class ApprovalAmendment:
    """Record that an approval in flight asks other roles now, and why.

    :param change: `revised` (its content changed) or `escalated` (nobody answered in time)
    :param levels: each role's state from now on
    :param asked: the roles that were not asked before, and have to be told
    """

    kind: str
    subject: str
    change: str
    round: int
    amount: Decimal
    fingerprint: str
    levels: dict[str, str]
    deadline: float
    by: str = actors.SYSTEM
    asked: tuple[str, ...] = ()


@dataclass(frozen=True)
class ApprovalReminder:
    """Remind the roles that have not decided yet; once for each deadline (Unix time in seconds)."""

    kind: str
    subject: str
    deadline: float


@dataclass(frozen=True)
class DecisionRecord:
    """Record one decision in one round of one approval.

    :param at: when it was taken, Unix time in seconds; whoever stands in for somebody else must do so then
    """

    kind: str
    subject: str
    round: int
    decision: Decision
    at: float


@dataclass(frozen=True)
class ApprovalEnd:
    """Record how an approval ended."""

    kind: str
    subject: str
    result: ApprovalResult
