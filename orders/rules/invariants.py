"""What holds of every order, whatever died on the way, and how it is said where something does not."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from orders.rules.status import WaitingFor


class Invariant(StrEnum):
    """The rules: first those of the tables alone, then those between them and the providers, and the workflows."""

    RESERVED_AS_PROMISED = "reserved_as_promised"
    GOODS_FOLLOW_ORDER = "goods_follow_order"
    LINES_ARE_RESERVED = "lines_are_reserved"
    TOTAL_OF_LINES = "total_of_lines"
    CAPTURED_ONCE = "captured_once"
    CAPTURED_WITHIN_HELD = "captured_within_held"
    REFUNDED_WITHIN_RECEIVED = "refunded_within_received"
    PAID_ONLY_IF_CAPTURED = "paid_only_if_captured"
    CANCELLED_KEEPS_NOTHING = "cancelled_keeps_nothing"
    NOTHING_NEGATIVE = "nothing_negative"
    TAKEN_AS_TOLD = "taken_as_told"
    UNMATCHED_STANDS = "unmatched_stands"
    RECEIVED_STANDS = "received_stands"
    REFUNDS_STAND = "refunds_stand"
    TAKEN_BACK_STANDS = "taken_back_stands"
    PROVIDER_AGREES = "provider_agrees"
    UNDONE_OR_IN_HANDS = "undone_or_in_hands"
    STORY_FITS_STATUS = "story_fits_status"
    ENDED_HAS_AN_END = "ended_has_an_end"
    WAITS_UNTIL = "waits_until"
    EVENTS_ARE_HEARD = "events_are_heard"
    PAYMENT_AS_AT_PROVIDER = "payment_as_at_provider"
    PROVIDER_ANSWERS = "provider_answers"
    WORKFLOW_RUNS = "workflow_runs"
    ROW_IS_OPEN = "row_is_open"
    MIRROR_AGREES = "mirror_agrees"
    SOMETHING_WILL_COME = "something_will_come"
    WORKFLOW_ANSWERS = "workflow_answers"


# What can be derived where a rule does not hold, in the order in which it has to be put right: first what the workflows
# know, then goods by what became of their orders, then figures by rows.
DERIVABLE = (
    Invariant.MIRROR_AGREES,
    Invariant.ROW_IS_OPEN,
    Invariant.WORKFLOW_RUNS,
    Invariant.WAITS_UNTIL,
    Invariant.ENDED_HAS_AN_END,
    Invariant.EVENTS_ARE_HEARD,
    Invariant.GOODS_FOLLOW_ORDER,
    Invariant.RESERVED_AS_PROMISED,
    Invariant.TOTAL_OF_LINES,
)


@dataclass(frozen=True)
class Finding:
    """One place where a rule does not hold.

    :param subject: an order's number, a product's SKU, or a workflow's id
    :param found: what is there, and `wanted` what should be: codes and figures, no sentences and no personal data
    """

    rule: Invariant
    subject: str
    found: str
    wanted: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.rule}: {self.found or 'nothing'}, not {self.wanted or 'nothing'}"


@dataclass(frozen=True)
class OrderFace:
    """One order as its row, or its workflow, shows it. `until` is a Unix time in seconds; zero is none."""

    status: str
    waiting_for: str
    total: Decimal
    until: float = 0.0

    def __str__(self) -> str:
        return f"{self.status}/{self.waiting_for}/{self.total:.2f}"


def agree(row: OrderFace, workflow: OrderFace) -> bool:
    """Whether the mirror says what the workflow says. Until when it waits is not compared: an approval or a fulfilment
    gives more time by itself, and its parent does not hear of that."""
    return (row.status, row.waiting_for, row.total) == (workflow.status, workflow.waiting_for, workflow.total)


@dataclass(frozen=True)
class Standing:
    """What a workflow has under way, with all its children.

    :param task_attempts: how often its latest workflow task has been tried; more than a few, and it is stuck
    :param activities: how many run or will be tried again
    :param timers: when the timers fire that it waits for, Unix seconds; None where nobody has looked
    """

    task_attempts: int = 0
    activities: int = 0
    timers: tuple[float, ...] | None = None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing moves right now, so that what the workflow says is all there is to say."""
        return not (self.task_attempts or self.activities)


TASK_ATTEMPTS = 3


def what_is_stuck(face: OrderFace, standing: Standing, *, now: float, grace: float) -> Iterator[str]:
    """Why nothing will ever come that a running order waits for; nothing where something will.

    :param face: what its workflow says
    :param grace: seconds after which what is due is late
    """
    if standing.task_attempts > TASK_ATTEMPTS:
        yield f"workflow task tried {standing.task_attempts} times"
    if not standing.is_quiet or any(at >= now - grace for at in standing.timers or ()):
        return
    if face.waiting_for == WaitingFor.NOTHING:
        yield "waits for nothing"
    elif face.until < now - grace:
        yield f"{face.waiting_for} was due {int(now - face.until)} s ago"
