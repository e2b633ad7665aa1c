"""Messages about payments that did not match."""

from dataclasses import dataclass, field

from temporal_app.messages.payment_checks import PaidOrder


@dataclass(frozen=True)
class ResolutionRefusal:
    """Record that a person's decision could not be carried out: a code, and the words its sentence needs."""

    decision_id: int
    code: str
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Split:
    """A payment that was too much has been split: the decision about what is over, and the orders that are paid now."""

    decision_id: int
    paid: tuple[PaidOrder, ...] = ()
