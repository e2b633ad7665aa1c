"""What placing an order anew starts with, and what comes of it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reopening:
    """Place an order that was not paid in time anew, once for each `key`.

    :param seen: the fingerprint of what a person saw that it costs today
    """

    number: str
    seen: str
    by: str
    key: str


@dataclass(frozen=True)
class Reopened:
    """The number of the new order; or the code of a refusal, and the words that its sentence needs."""

    number: str = ""
    refusal: str = ""
    details: dict[str, str] = field(default_factory=dict)
