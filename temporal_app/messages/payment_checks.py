"""Messages of the payment checks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BatchInput:
    """What a batch of payment checks starts with, and what the last run hands to the next.

    :param cursor: the last order (row id) that was checked
    """

    by: str = "schedule:hourly-payment-batch"
    page_size: int = 100
    pages_per_run: int = 10
    cursor: int = 0
    processed: int = 0
    paid: int = 0
    failed: int = 0
    batches: int = 0
    started_at: float = 0.0
