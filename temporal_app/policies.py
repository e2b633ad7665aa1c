"""Named bundles of timeouts and retries. The activity decides what is not worth retrying, not the caller."""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType


class LocalOptions(TypedDict):
    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy
    local_retry_threshold: timedelta


class Options(TypedDict):
    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy
    cancellation_type: ActivityCancellationType


def seconds(number: float) -> timedelta:
    """A duration as Temporal wants it."""
    return timedelta(seconds=number)


# A step in our own database: quick, and repeated until the database is back.
RECORD = LocalOptions(
    start_to_close_timeout=seconds(30),
    retry_policy=RetryPolicy(initial_interval=seconds(0.2), backoff_coefficient=2.0, maximum_interval=seconds(60)),
    local_retry_threshold=seconds(5),
)
# A step forward at somebody else's: after five attempts (about two minutes) the order is undone instead.
CALL_PROVIDER = Options(
    start_to_close_timeout=seconds(30),
    retry_policy=RetryPolicy(
        initial_interval=seconds(1), backoff_coefficient=3.0, maximum_interval=seconds(60), maximum_attempts=5
    ),
    # A call under way is waited for, so that undoing never overtakes it.
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
# A step back: ten attempts over about half an hour, then a person has to look.
UNDO = Options(
    start_to_close_timeout=seconds(30),
    retry_policy=RetryPolicy(
        initial_interval=seconds(1), backoff_coefficient=3.0, maximum_interval=seconds(300), maximum_attempts=10
    ),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
)
# Mail: the activity itself counts attempts a mail, so a failure here is our own and simply repeated.
SEND_MAIL = Options(
    start_to_close_timeout=seconds(300),
    retry_policy=RetryPolicy(initial_interval=seconds(1), backoff_coefficient=2.0, maximum_interval=seconds(60)),
    cancellation_type=ActivityCancellationType.TRY_CANCEL,
)

CHECK_EVERY = seconds(3600)
UNDOING_TAKES_AT_MOST = seconds(2 * 86_400)
