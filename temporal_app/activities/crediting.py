"""Asking customers' accounts to take what is theirs, on a queue of its own: they answer on the queue `orders`."""

from typing import Literal

from asgiref.sync import async_to_sync
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from orders.models import CreditAdjustment, Resolution
from orders.payments.account_calls import make_entry
from orders.reconciliation import unmatched
from orders.rules import actors, credit
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import ResolutionState
from temporal_app import names, policies
from temporal_app.activities.recording import shop_activity
from temporal_app.messages import AccountEntry


@shop_activity(transactions="several")
def credit_payment(decision_id: int) -> None:
    """Keep a payment as its customer's credit, once: whoever decides, and however often.

    :raises RuleBroken: it is no customer's, or the account refuses it
    """
    decision = Resolution.objects.select_related("payment_event__part_of").get(pk=decision_id)
    if decision.state != ResolutionState.REQUESTED:
        return
    payment_event = decision.payment_event
    order = unmatched.order_of(payment_event)
    if order is None or order.customer_id is None:
        raise RuleBroken(Refusal.NO_SUCH_WAY_OUT)
    cause = credit.cause(credit.PAYMENT_EVENT, payment_event.pk)
    entry = AccountEntry(payment_event.amount, cause, actors.user(decision.decided_by_id))
    _enter(order.customer_id, names.DEPOSIT, entry, id=f"{cause}:{decision.pk}")


@shop_activity(transactions="several")
def adjust_credit(adjustment_id: int) -> None:
    """Give or take what a member of staff has asked for, once.

    :raises RuleBroken: the account refuses it
    """
    adjustment = CreditAdjustment.objects.get(pk=adjustment_id)
    if adjustment.state == ResolutionState.REQUESTED:
        entry = AccountEntry(adjustment.amount, adjustment.cause, actors.user(adjustment.asked_by_id))
        update = names.WITHDRAW if adjustment.out else names.DEPOSIT
        _enter(adjustment.customer_id, update, entry, id=adjustment.cause)


def _enter(customer_id: int, update: Literal["deposit", "withdraw"], entry: AccountEntry, *, id: str) -> None:
    """Have the account make an entry, once for each id; what a rule forbids stays forbidden."""
    try:
        async_to_sync(make_entry)(customer_id, update, entry, id=id, within=policies.ACCOUNT_ANSWERS)
    except WorkflowUpdateFailedError as refused:
        said = refused.cause
        if isinstance(said, ApplicationError) and said.type != Refusal.ASK_AGAIN:
            raise ApplicationError(said.message, *said.details, type=said.type, non_retryable=True) from refused
        raise
