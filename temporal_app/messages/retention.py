"""Messages of retention."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RetentionBatch:
    """Remove the next batch of what has been kept long enough.

    :param what: what of, a `Kept`
    :param at: Unix time in seconds
    """

    what: str
    at: float
