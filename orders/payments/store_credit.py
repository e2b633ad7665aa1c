"""Store credit as a way to pay: the customer's account is the provider, and holding takes the money from there."""

import secrets
from decimal import Decimal
from typing import Literal

from asgiref.sync import async_to_sync
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from orders.models import Order
from orders.models.credit import CreditOperation, CreditPayment
from orders.payments import credit
from orders.payments.account_calls import make_entry
from orders.payments.gateway import Hold, ProviderRefused, ProviderUnavailable
from orders.payments.ledger import LedgerGateway
from orders.rules import actors
from orders.rules import credit as rules
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import LedgerState
from temporal_app import names, policies
from temporal_app.connection import NotConnected
from temporal_app.messages import AccountEntry


class StoreCreditGateway(LedgerGateway):
    """The gateway protocol over a customer's account. Each entry has the key of its call, so that it is made once.

    What was taken is given back by what the journal says of the order: the answer to a call may have been lost.
    """

    name = rules.METHOD
    takes_cards = False
    payments = CreditPayment
    operations = CreditOperation

    def hold(self, *, order_number: str, amount: Decimal, currency: str, key: str) -> Hold:
        """Take the amount from the customer's account.

        :raises RuleBroken: there is not so much, or not today
        """
        hold = super().hold(order_number=order_number, amount=amount, currency=currency, key=key)
        payment = CreditPayment.objects.get(reference=hold.reference)
        if payment.state == LedgerState.OPEN:
            self._enter(order_number, names.WITHDRAW, amount, key)
            payment.move_to(LedgerState.AUTHORISED)
        return hold

    def release(self, *, reference: str, key: str) -> None:
        payment = CreditPayment.objects.filter(reference=reference).first()
        if payment is not None and payment.state in (LedgerState.OPEN, LedgerState.AUTHORISED):
            self._give_back(payment, payment.amount, key)
        super().release(reference=reference, key=key)

    def refund(self, *, reference: str, amount: Decimal, key: str) -> str:
        payment = CreditPayment.objects.filter(reference=reference).first()
        if payment is not None and amount <= payment.captured - payment.refunded:
            self._give_back(payment, amount, key)
        return super().refund(reference=reference, amount=amount, key=key)

    def _give_back(self, payment: CreditPayment, amount: Decimal, key: str) -> None:
        taken = credit.used_for(Order.objects.get(number=payment.order_number))
        if taken:  # nothing is left to give back where it was given back before
            self._enter(payment.order_number, names.DEPOSIT, min(amount, taken), key)

    def _enter(self, order_number: str, update: Literal["deposit", "withdraw"], amount: Decimal, key: str) -> None:
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

    def _reference(self, order_number: str) -> str:
        return f"credit_{secrets.token_hex(12)}"


def _refusal(failure: BaseException | None) -> Exception:
    """What the account has said: a rule forbids it, or it has to be asked again."""
    if isinstance(failure, ApplicationError) and failure.type in list(Refusal) and failure.type != Refusal.ASK_AGAIN:
        return RuleBroken(Refusal(failure.type), **(failure.details[0] if failure.details else {}))
    return ProviderUnavailable("the customer's account has to be asked again")
