"""How a broken rule crosses the wire: as a failure that is never retried and names its rule."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.exceptions import ApplicationError

from orders.rules.refusals import RuleBroken

# How an activity's failure is named where a provider or carrier did not answer; whether it did anything is unknown.
NO_ANSWER = frozenset({"ProviderUnavailable", "CarrierUnavailable"})


def refusal(broken: RuleBroken) -> ApplicationError:
    """The failure that carries a broken rule: its code as type, its words as the first detail."""
    return ApplicationError(str(broken), broken.params, type=broken.code.value, non_retryable=True)


@contextmanager
def refusing() -> Iterator[None]:
    """Let a broken rule inside reach the caller of an update (a plain exception would hang the workflow)."""
    try:
        yield
    except RuleBroken as broken:
        raise refusal(broken) from None  # a cause would cross the wire too, as a second, nameless failure
