"""Named bundles of timeouts and retries. The activity decides what is not worth retrying, not the caller."""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

from temporal_app.messages import OrderInput


class LocalOptions(TypedDict):
    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy
    local_retry_threshold: timedelta
    cancellation_type: ActivityCancellationType


class Options(TypedDict):
    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy
    cancellation_type: ActivityCancellationType


class FileOptions(Options):
    heartbeat_timeout: timedelta


def seconds(number: float) -> timedelta:
    """A duration as Temporal wants it."""
    return timedelta(seconds=number)


# A step in our own database: quick, and repeated until the database is back.
RECORD = LocalOptions(
    start_to_close_timeout=seconds(30),
    retry_policy=RetryPolicy(initial_interval=seconds(0.2), backoff_coefficient=2.0, maximum_interval=seconds(60)),
    local_retry_threshold=seconds(5),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
# What somebody's update does first, and what depends on who came first. A local activity would be done before any of it
# is in the history; a workflow task that is lost right then is done again with whatever has arrived since, and the
# database would know what the workflow has never heard of, or has decided otherwise.
RECORD_DURABLY = Options(
    start_to_close_timeout=seconds(30),
    retry_policy=RetryPolicy(initial_interval=seconds(0.2), backoff_coefficient=2.0, maximum_interval=seconds(60)),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
# A step forward at somebody else's: asked until they answer, or until the order's own deadline. How failures are told
# apart: `temporal_app.workflows.steps`.
CALL_PROVIDER = Options(
    start_to_close_timeout=seconds(30),
    retry_policy=RetryPolicy(initial_interval=seconds(1), backoff_coefficient=3.0, maximum_interval=seconds(60)),
    # A call under way is waited for, so that undoing never overtakes it.
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
# A step back: the same, but nobody waits for it.
UNDO = Options(
    start_to_close_timeout=seconds(30),
    retry_policy=RetryPolicy(initial_interval=seconds(1), backoff_coefficient=3.0, maximum_interval=seconds(300)),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
# What is refused in undoing may be possible later: it is asked for ten times, over twenty minutes, with these pauses.
UNDO_PAUSES = tuple(seconds(pause) for pause in (1, 3, 9, 27, 81, 243, 300, 300, 300))
# Money that a person sends back: after a few tries its outcome is said to be not known, and then the provider is asked
# until it says what became of it. Only that settles it, so nothing is sent twice, or wrongly called impossible.
SEND_BACK = Options(
    start_to_close_timeout=seconds(30),
    retry_policy=RetryPolicy(initial_interval=seconds(1), backoff_coefficient=3.0, maximum_attempts=3),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
SETTLE = Options(
    start_to_close_timeout=seconds(60),
    retry_policy=RetryPolicy(initial_interval=seconds(10), backoff_coefficient=2.0, maximum_interval=seconds(600)),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
# The same once more, because a person says so, who is told soon how it went and may say so again.
RETRY_UNDO = Options(
    start_to_close_timeout=seconds(30),
    retry_policy=RetryPolicy(initial_interval=seconds(1), backoff_coefficient=3.0, maximum_attempts=3),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
# A question of a payment check: five attempts, over 90 seconds where they fail at once and five more minutes where they
# hang; then it is passed over, so that it holds up nobody else's, and asked again with the next check.
ASK_PROVIDER = Options(
    start_to_close_timeout=seconds(60),
    retry_policy=RetryPolicy(initial_interval=seconds(1), backoff_coefficient=4.0, maximum_attempts=5),
    cancellation_type=ActivityCancellationType.TRY_CANCEL,
)
# Seeing something begin that takes a moment: after fifteen looks over a minute and a half it has not.
SEE_START = Options(
    start_to_close_timeout=seconds(30),
    retry_policy=RetryPolicy(
        initial_interval=seconds(1), backoff_coefficient=1.5, maximum_interval=seconds(10), maximum_attempts=15
    ),
    cancellation_type=ActivityCancellationType.TRY_CANCEL,
)
# Reading an uploaded file, which may be long; where a worker dies, another one begins anew and takes nothing twice.
READ_FILE = FileOptions(
    start_to_close_timeout=seconds(3600),
    heartbeat_timeout=seconds(60),
    retry_policy=RetryPolicy(initial_interval=seconds(1), backoff_coefficient=2.0, maximum_interval=seconds(300)),
    cancellation_type=ActivityCancellationType.TRY_CANCEL,
)
# A file may be on its way, or in the storage of another host: it is looked for again after these pauses.
FILE_PAUSES = tuple(seconds(pause) for pause in (5, 30, 120, 300))
# Mail: the activity itself counts attempts a mail, so a failure here is our own and simply repeated. It tells of every
# mail, so that one that died with its worker is missed soon.
SEND_MAIL = FileOptions(
    start_to_close_timeout=seconds(300),
    heartbeat_timeout=seconds(30),
    retry_policy=RetryPolicy(initial_interval=seconds(1), backoff_coefficient=2.0, maximum_interval=seconds(60)),
    cancellation_type=ActivityCancellationType.TRY_CANCEL,
)

# Waking the outbox: a process does so at most once in WAKE_EVERY. The outbox looks again later than that, or it would
# miss what was written in between.
WAKE_EVERY = seconds(1)
OUTBOX_LOOKS_AGAIN = 2 * WAKE_EVERY
ACCOUNT_ANSWERS = seconds(10)  # within the 30 of the activity that asks it
WAKE_TIMEOUT = seconds(10)  # within the 30 of the activity that wakes it, and is repeated

CHECK_EVERY = seconds(3600)
# Looking through the shop changes nothing, and takes as long as there are orders; it tells of every page.
LOOK_THROUGH = FileOptions(
    start_to_close_timeout=seconds(4 * 3600),
    heartbeat_timeout=seconds(300),
    retry_policy=RetryPolicy(initial_interval=seconds(1), backoff_coefficient=2.0, maximum_interval=seconds(300)),
    cancellation_type=ActivityCancellationType.TRY_CANCEL,
)
# Putting one thing right: where three tries fail it is left to people.
REPAIR = Options(
    start_to_close_timeout=seconds(120),
    retry_policy=RetryPolicy(initial_interval=seconds(1), maximum_attempts=3),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
MIRROR_CHECK_EVERY = seconds(86_400)
MIRROR_CHECK_AT = seconds(2 * 3600)
MIRROR_CHECK_WITHIN = seconds(6 * 3600)
# Removing what has been kept long enough: at night, so many batches of a kind; the next night goes on.
RETENTION_EVERY = seconds(86_400)
RETENTION_AT = seconds(4 * 3600)
RETENTION_WITHIN = seconds(6 * 3600)
MOST_BATCHES = 200

# What a provider told us while Temporal was away: later than handing it over takes, and soon enough for who has paid.
SWEEP_EVERY = seconds(300)
SWEEP_WITHIN = seconds(3600)
UNHEARD_AFTER = seconds(60)
# Looking for workflows that ended badly: soon enough for whoever waits for what they carried.
WATCH_EVERY = seconds(300)
WATCH_WITHIN = seconds(3600)
CHECK_FOR = seconds(14 * 86_400)
LONGEST_WATCH = CHECK_FOR + seconds(2 * 86_400)
COORDINATOR_EVENTS = 4_000  # with up to 200 monitors to start first
# Every question is bounded; what takes longer than this all the same does not keep the next check from running.
LONGEST_CHECK = seconds(3 * 3600)

DAY = 86_400
# How long (seconds) an answer is waited for while a customer pays, and in undoing one step; then a person has to look.
CHARGE_PATIENCE = 60
UNDO_PATIENCE = DAY
# What is tried whatever the time, and how long we try further where an answer's time is up and the trouble is our own.
ONE_TRY = seconds(1)
OWN_TROUBLE = seconds(3600)
UNDOING = 4 * DAY  # a step at the payment provider, one at the carrier, and our own stock
# After so many updates an order's saga goes on in a new run; the server takes 2,000 in one. Never less than this: a run
# that is past it already would replay differently.
MOST_UPDATES = 1_000
# How long after a fulfilment has failed whose parcel has left, it is started anew.
FULFIL_AGAIN = seconds(3600)
# What an approval lets happen may be under way already, for somebody asked for it once more: begun again after this.
ERRAND_AGAIN = seconds(5)
# How often a saga looks whether a child that an earlier run of it started is still there.
LOOK_AFTER_CHILD = seconds(DAY)
LATE_SHIPMENT_ALERTS = 12
APPROVAL_EXTENSIONS = 4


def longest_approval(deadline_seconds: int) -> int:
    """How long an approval may take at most (seconds), whatever changes or escalates on the way."""
    return deadline_seconds * APPROVAL_EXTENSIONS


def last_payment(order: OrderInput) -> int:
    """How long after its start an order may still wait for its money (seconds), however often it is approved anew, and
    whatever more time staff give it."""
    return order.deadlines.payment + order.deadlines.extension + 2 * _longest_approval_of(order)


def saga_timeout(order: OrderInput) -> timedelta:
    """Longer than all waits of an order plus undoing, so that it never ends one that still waits."""
    waits = order.deadlines
    pending = last_payment(order) + _longest_approval_of(order)  # one may begin in the last moment
    answers = 2 * waits.shipment  # of the provider that captures, and of the carrier that books
    return seconds(pending + answers + waits.shipment * LATE_SHIPMENT_ALERTS + waits.delivery_after + UNDOING)


def _longest_approval_of(order: OrderInput) -> int:
    return max((longest_approval(tier.deadline_seconds) for tier in order.tiers), default=0)


def approval_timeout(deadline_seconds: int) -> timedelta:
    """Longer than an approval may take."""
    return seconds(longest_approval(deadline_seconds) + UNDOING)
