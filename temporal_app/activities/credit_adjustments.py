"""What staff give to customers' credit, or take from it: weighed, and written down with the account's entry."""

from datetime import datetime

from django.utils import timezone

from orders.authorization import second_person
from orders.authorization.own_orders import check_not_own_credit
from orders.models import ApprovalRequest, CreditAdjustment
from orders.models.approval import ApprovalKind
from orders.payments import credit as books
from orders.rules import actors
from orders.rules.approvals import ApprovalOutcome
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import ResolutionState
from temporal_app.activities.recording import shop_activity
from temporal_app.activities.second_person import tell, to_ask
from temporal_app.messages import (
    AccountMovement,
    AdjustmentPlan,
    AdjustmentRefusal,
    ApprovalInput,
    ApprovalResult,
)


def locked_adjustment(subject: str) -> CreditAdjustment:
    """What a member of staff has asked for, locked."""
    return CreditAdjustment.objects.select_for_update(of=("self",)).select_related("customer").get(pk=int(subject))


@shop_activity(transactions="one")
def weigh_adjustment(adjustment_id: int) -> AdjustmentPlan:
    """Whether an adjustment may be made, and whether a second person has to approve it by the policies of this moment.

    :raises RuleBroken: it is the own account of who asked for it
    """
    adjustment = locked_adjustment(str(adjustment_id))
    if adjustment.state != ResolutionState.REQUESTED:
        return AdjustmentPlan(wanted=False)
    check_not_own_credit(adjustment.customer, actors.user(adjustment.asked_by_id))
    return AdjustmentPlan(wanted=True, approval=_asks_second_person(adjustment))


def _asks_second_person(adjustment: CreditAdjustment) -> ApprovalInput | None:
    content, approval = adjustment.fingerprint(), getattr(adjustment, "approval", None)
    tier = second_person.tier_of(ApprovalKind.CREDIT, adjustment.amount)
    if tier is None or second_person.is_approved(approval, content):
        return None
    by = actors.user(adjustment.asked_by_id)
    return to_ask(ApprovalKind.CREDIT, adjustment, adjustment.amount, by=by, content=content, tier=tier)


def adjustment_asked(_request: ApprovalRequest, _approval: ApprovalInput, _deadline: datetime | None) -> None:
    """The customer's account has no timeline; the approval's own row tells of it."""


def adjustment_ended(request: ApprovalRequest, result: ApprovalResult) -> None:
    """Approved, it is made next; otherwise never. Whoever asked hears of it."""
    adjustment = request.credit_adjustment
    if adjustment is None or adjustment.state != ResolutionState.REQUESTED:
        return
    if result.outcome != ApprovalOutcome.APPROVED:
        adjustment.move_to(ResolutionState.REFUSED, at=timezone.now(), result=Refusal.NOT_APPROVED, why=result.reason)
    tell(request, result)


def make_adjustment(which: str, movement: AccountMovement, *, key: str) -> None:
    """Write the entry that a member of staff asked for, with what became of it. Call it where it is not written yet.

    :raises RuleBroken: nobody asked for exactly this, or a second person has not approved it, or it is their own
    """
    found = CreditAdjustment.objects.filter(pk=which, state=ResolutionState.REQUESTED) if which.isdecimal() else None
    if not found or not found.exists():
        raise RuleBroken(Refusal.NOT_A_CAUSE)
    adjustment, entry = locked_adjustment(which), movement.entry
    asked = (adjustment.customer_id, adjustment.amount, adjustment.out, actors.user(adjustment.asked_by_id))
    if asked != (movement.customer_id, entry.amount, movement.out, entry.by):
        raise RuleBroken(Refusal.NOT_A_CAUSE)
    check_not_own_credit(adjustment.customer, entry.by)
    if _asks_second_person(adjustment) is not None:
        raise RuleBroken(Refusal.NOT_APPROVED, why="–")
    books.move(movement.customer_id, entry.amount, cause=entry.cause, out=movement.out, key=key)
    adjustment.move_to(ResolutionState.DONE, at=timezone.now())


@shop_activity(transactions="one")
def refuse_adjustment(refusal: AdjustmentRefusal) -> None:
    """Note why an adjustment was not made."""
    adjustment = locked_adjustment(str(refusal.adjustment_id))
    if adjustment.state == ResolutionState.REQUESTED:  # what was made is not refused
        adjustment.move_to(ResolutionState.REFUSED, at=timezone.now(), result=refusal.code, **refusal.details)
