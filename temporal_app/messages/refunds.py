"""Messages about refunds in part."""

from dataclasses import dataclass, field

from temporal_app.messages.approvals import ApprovalInput


@dataclass(frozen=True)
class RefundPlan:
    """What a refund needs before it is sent: nothing where nobody wants it any more, perhaps an approval."""

    wanted: bool
    approval: ApprovalInput | None = None


@dataclass(frozen=True)
class RefundRefusal:
    """Record that a refund was not made: a code with the words its sentence needs, and who said so."""

    refund_id: int
    code: str
    details: dict[str, str] = field(default_factory=dict)
    by: str = ""
