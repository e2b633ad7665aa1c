"""Messages of the check of the mirror."""

from dataclasses import dataclass

from orders.rules import actors
from temporal_app import names
from temporal_app.messages.orders import OrderInput

BY_SCHEDULE = actors.schedule(names.MIRROR_CHECK_SCHEDULE)


@dataclass(frozen=True)
class MirrorCheckInput:
    """What a check starts with, and what a run hands to the next.

    :param repair: whether to put right what can be derived
    :param check_id: the check's row; zero before it has one
    :param rule: the invariant whose findings are being repaired; empty before the first
    :param after: the finding that was repaired last
    """

    by: str = BY_SCHEDULE
    repair: bool = False
    check_id: int = 0
    rule: str = ""
    after: int = 0


@dataclass(frozen=True)
class MirrorCheckStart:
    """Record that a check begins."""

    workflow_id: str
    by: str
    repair: bool


@dataclass(frozen=True)
class MirrorLook:
    """Look through everything: the first time, or again after repairs."""

    check_id: int
    look: int = 1


@dataclass(frozen=True)
class MirrorCheckEnd:
    """Record that a check has ended; what its last look did not see any more is put right. `broken_off` where it did
    not see everything."""

    check_id: int
    look: int = 1
    broken_off: bool = False


@dataclass(frozen=True)
class FindingsPage:
    """The next findings of a check that break this rule, after this one."""

    check_id: int
    rule: str
    after: int


@dataclass(frozen=True)
class RepairRest:
    """What is left to a workflow of putting a finding right.

    :param order: an order that nobody has ever carried, to be carried now
    :param payment_event_id: a payment event to be matched
    """

    order: OrderInput | None = None
    payment_event_id: int = 0
