"""Messages of the payment checks."""

from dataclasses import dataclass, field

from orders.rules import actors
from temporal_app import names
from temporal_app.messages.orders import PaymentConfirmation

SCHEDULED = actors.schedule(names.PAYMENT_BATCH_SCHEDULE)
EVENTS_PER_RUN = 1_200


@dataclass(frozen=True)
class BatchInput:
    """What a batch of payment checks starts with, and what the last run hands to the next.

    :param method, after: the last order that was checked: its payment method, and its row's id
    :param events_per_run: how long a run's history may get before the next run goes on
    """

    by: str = SCHEDULED
    page_size: int = 100
    pages_per_run: int = 10
    events_per_run: int = EVENTS_PER_RUN
    totals: "CheckTotals | None" = None
    method: str = ""
    after: int = 0


@dataclass(frozen=True)
class CheckTotals:
    """How far a check has got.

    :param expected: how many orders waited for their money when it began
    :param unanswered: how many were left out because their provider did not answer
    :param seconds: time spent on the pages so far
    """

    expected: int = 0
    processed: int = 0
    paid: int = 0
    failed: int = 0
    batches: int = 0
    seconds: float = 0.0
    unanswered: int = 0


@dataclass(frozen=True)
class DashboardData:
    """A check's progress. `estimated_completion` is ISO 8601, empty where nothing can be said yet."""

    processed: int
    paid: int
    failed: int
    current_batch: int
    average_seconds: float
    estimated_completion: str
    expected: int = 0


@dataclass(frozen=True)
class CheckStart:
    """Record that a check begins; `numbers` where it is for chosen orders."""

    workflow_id: str
    kind: str
    by: str
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckPage:
    """Ask a provider about the next page of orders that wait for their money.

    :param numbers: only these orders, where given
    """

    workflow_id: str
    by: str
    size: int
    method: str
    after: int
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class PageLeft:
    """Leave a page of orders to the next check, because there was no answer.

    :param silent: the payment method of the page before, where that had no answer either
    """

    page: CheckPage
    silent: str = ""


@dataclass(frozen=True)
class PaidOrder:
    """An order whose money has come in, and what its saga has to hear."""

    number: str
    payment_event_id: int
    confirmation: PaymentConfirmation


@dataclass(frozen=True)
class CheckedPage:
    """What a page has shown. `checked` and `unanswered` are zero after the last one; `outcomes` by number, for chosen
    orders only."""

    checked: int
    failed: int
    method: str
    after: int
    unanswered: int = 0
    paid: tuple[PaidOrder, ...] = ()
    outcomes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckProgress:
    """Record how far a check has got."""

    workflow_id: str
    totals: CheckTotals
    finished: bool = False


@dataclass(frozen=True)
class CheckEnded:
    """A check that ends without having finished, or may have.

    :param ended_as: how; empty while that is not known
    :param changed_at: when it was heard of last (ISO 8601): it is only ended if that is still so; empty in any case
    """

    workflow_id: str
    ended_as: str
    changed_at: str = ""


@dataclass(frozen=True)
class OrderOutcome:
    """Record what a check has shown for one order."""

    workflow_id: str
    number: str
    outcome: str


@dataclass(frozen=True)
class OrderCheck:
    """Ask a provider about one order."""

    number: str
    by: str


@dataclass(frozen=True)
class CheckedOrder:
    """What one order's check has shown: `waiting`, `paid`, `failed`, or `ended` where it does not wait any more."""

    outcome: str
    paid: PaidOrder | None = None


@dataclass(frozen=True)
class MonitorResult:
    """How watching one order's payment ended: `paid`, `failed`, `ended`, `deadline`, or `watched_already`."""

    number: str
    outcome: str
    checks: int = 0


@dataclass(frozen=True)
class Watched:
    """What one run of a coordinator hands to the next.

    :param left: orders whose monitors are still to be started
    :param running: orders with a monitor, and until when that may take (Unix time)
    :param told: how monitors ended that have not been counted yet
    """

    left: tuple[str, ...] = ()
    running: dict[str, float] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    totals: CheckTotals = CheckTotals()
    outcomes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckSummary:
    """What became of the chosen orders, by order number."""

    outcomes: dict[str, str] = field(default_factory=dict)
