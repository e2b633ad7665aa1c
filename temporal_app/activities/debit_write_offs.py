"""What becomes of a debit that somebody wants to write off, once others have decided."""

from django.utils import timezone

from orders.authorization.own_orders import is_own_of
from orders.models import ApprovalRequest, BankDebit, DebitWriteOff, Order
from orders.payments import books
from orders.rules import actors
from orders.rules.approvals import ApprovalOutcome
from orders.rules.refusals import Refusal
from orders.rules.states import ResolutionState
from temporal_app.activities import second_person
from temporal_app.messages import ApprovalResult


def locked_write_off(subject: str) -> DebitWriteOff:
    """What somebody wants to write off; the debit's row is locked, and its order's before it."""
    write_off = DebitWriteOff.objects.select_related("debit").get(pk=int(subject))
    Order.objects.select_for_update().filter(number=write_off.debit.order_number).first()
    write_off.debit = BankDebit.objects.select_for_update().get(pk=write_off.debit_id)
    write_off.refresh_from_db(fields=["state"])
    return write_off


def write_off_ended(request: ApprovalRequest, result: ApprovalResult) -> None:
    """Approved, the debit is written off in the journal; otherwise it waits as before. Whoever asked hears of it."""
    write_off = locked_write_off(str(request.debit_write_off_id))
    if write_off.state != ResolutionState.REQUESTED:
        return
    debit, by, now = write_off.debit, actors.user(write_off.asked_by_id), timezone.now()
    own = request.concerns is not None and is_own_of(request.concerns, by)
    approved = result.outcome == ApprovalOutcome.APPROVED and not own
    if approved and debit.give_up(by=by, at=now):
        books.debit_given_up(debit)
        write_off.move_to(ResolutionState.DONE, at=now)
    else:
        why = Refusal.OWN_ORDER if own else Refusal.DEBIT_SETTLED if approved else result.reason
        write_off.move_to(ResolutionState.REFUSED, at=now, result=why)
    second_person.tell(request, result)
