"""By when an order has to be paid: when its customer is reminded, and how far staff may put it off."""

from datetime import UTC, datetime

from orders.rules.approvals import DAY
from orders.rules.refusals import Refusal, RuleBroken

EXTENSION_DAYS = 30  # from today, to the end of that day
EXTENSIONS = 90 * DAY  # seconds, all extensions of one order together


def reminder(*, payment: int, before: int) -> int:
    """How long before the deadline the customer is reminded: `before`, or half of the time where that is shorter; all
    in seconds."""
    return min(before, payment // 2)


def check_extension(until: float, *, now: float, deadline: float, last: float) -> None:
    """Whether the deadline may be put off to `until`; all are Unix times in seconds.

    :param last: how long an order may wait at most
    :raises RuleBroken: that is no later than now or than the deadline so far, or later than the shop allows
    """
    earliest, latest = max(now, deadline), min(now + (EXTENSION_DAYS + 1) * DAY, last)
    if not until > earliest:
        raise RuleBroken(Refusal.DEADLINE_NOT_LATER, until=_iso(earliest))
    if not until <= latest:
        raise RuleBroken(Refusal.DEADLINE_TOO_LATE, until=_iso(latest))


def _iso(unix_seconds: float) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat(timespec="seconds")
