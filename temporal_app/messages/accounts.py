"""Messages of a customer's account, and what its workflow asks of its activities."""

from dataclasses import dataclass, field
from decimal import Decimal

from orders.rules import actors
from orders.rules.totals import ZERO
from temporal_app.messages.approvals import ApprovalInput
from temporal_app.messages.outside import FromOutside


@dataclass(frozen=True)
class AccountEntry(FromOutside):
    """Put an amount on a customer's account, or take it from there. `cause` names what for: `order-ORD-2026-000123`."""

    amount: Decimal
    cause: str
    by: str = actors.SYSTEM


@dataclass(frozen=True)
class AccountTransaction:
    """What an account has taken in (positive) or given out (negative), and what was on it then; `at` is ISO 8601."""

    amount: Decimal
    cause: str
    by: str
    balance: Decimal
    at: str


@dataclass(frozen=True)
class AccountStanding:
    """What the mirror knows of an account: what is on it, and how much of it was taken today.

    :param is_known: whether there is such a customer
    """

    balance: Decimal = ZERO
    taken_today: Decimal = ZERO
    is_known: bool = True


@dataclass(frozen=True)
class AccountMovement:
    """Write down an entry of one customer's account, once for each `key`; `out` where it is taken from there."""

    customer_id: int
    entry: AccountEntry
    out: bool
    key: str


@dataclass(frozen=True)
class AnsweredEntry:
    """The balance that an entry was answered with. `key` tells it from every other."""

    key: str
    balance: Decimal


@dataclass(frozen=True)
class AdjustmentPlan:
    """What an adjustment of credit needs before it is made: nothing where it has ended, perhaps an approval."""

    wanted: bool
    approval: ApprovalInput | None = None


@dataclass(frozen=True)
class AdjustmentRefusal:
    """Record that an adjustment of credit was not made: a code, and the words its sentence needs."""

    adjustment_id: int
    code: str
    details: dict[str, str] = field(default_factory=dict)
