"""What an order takes of its customer's credit, and gives back: entries of the customer's account, each made once.

An order that is wholly paid with credit takes it as from any provider (`store_credit`); one that is partly paid with it
takes that part before it asks for the rest.
"""

from decimal import Decimal
from typing import Literal

from asgiref.sync import async_to_sync
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from orders.models import Order, Refund
from orders.payments import credit
from orders.payments.account_calls import make_entry
from orders.payments.gateway import ProviderRefused, ProviderUnavailable, idempotency_key
from orders.rules import actors
from orders.rules import credit as rules
from orders.rules.refusals import Refusal, RuleBroken
from temporal_app import names, policies
from temporal_app.connection import NotConnected
from temporal_app.messages import AccountEntry


def take_part(order: Order) -> None:
    """Take from the customer's account what is to be paid of an order with credit, once.

    :raises RuleBroken: there is not so much, or not today, or the order is being undone
    :raises ProviderUnavailable: the account does not answer
    """
    if order.credit and not credit.part_of(order):
        enter(order.number, names.WITHDRAW, order.credit, idempotency_key(order.number, "credit"))


def return_part(order: Order) -> None:
    """Give back to the customer's account what was paid of an order with credit, and has not gone back before."""
    if part := credit.part_of(order):
        enter(order.number, names.DEPOSIT, part, idempotency_key(order.number, "credit-back"))


def refund_part(refund: Refund) -> None:
    """Give back what of a refund goes to the customer's account."""
    if refund.credit:
        enter(refund.order.number, names.DEPOSIT, refund.credit, f"{refund.key}:credit")


def enter(order_number: str, update: Literal["deposit", "withdraw"], amount: Decimal, key: str) -> None:
    """Have an entry made for an order, once for each key.

    :raises RuleBroken: a rule forbids it
    :raises ProviderRefused: the order is a guest's
    :raises ProviderUnavailable: the account does not answer
    """
    customer_id = Order.objects.values_list("customer_id", flat=True).get(number=order_number)
    if customer_id is None:
        raise ProviderRefused("a guest has no credit")
    by = actors.customer(customer_id) if update == names.WITHDRAW else actors.SYSTEM
    entry = AccountEntry(amount, rules.cause(rules.ORDER, order_number), by)
    try:
        async_to_sync(make_entry)(customer_id, update, entry, id=key, within=policies.ACCOUNT_ANSWERS)
    except WorkflowUpdateFailedError as failed:
        raise _refusal(failed.cause) from failed
    except (RPCError, NotConnected, TimeoutError) as away:
        raise ProviderUnavailable("the customer's account does not answer") from away


def _refusal(failure: BaseException | None) -> Exception:
    """What the account has said: a rule forbids it, or it has to be asked again."""
    if isinstance(failure, ApplicationError) and failure.type in list(Refusal) and failure.type != Refusal.ASK_AGAIN:
        return RuleBroken(Refusal(failure.type), **(failure.details[0] if failure.details else {}))
    return ProviderUnavailable("the customer's account has to be asked again")
