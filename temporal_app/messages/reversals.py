"""Messages about steps that could not be undone."""

from dataclasses import dataclass


@dataclass(frozen=True)
class UndoRetry:
    """Try once more to undo one step of one order, because of a person's decision."""

    decision_id: int
    number: str
    step: str
    by: str
    payment_method: str = ""


@dataclass(frozen=True)
class RetryOutcome:
    """Record how trying once more went; `error` is empty where the step is undone."""

    decision_id: int
    error: str = ""
