"""Messages about payments that did not match."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ResolutionRefusal:
    """Record that a person's decision could not be carried out: a code, and the words its sentence needs."""

    decision_id: int
    code: str
    details: dict[str, str] = field(default_factory=dict)
