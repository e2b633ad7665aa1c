"""Store credit as a way to pay: the customer's account is the provider, and holding takes the money from there."""

import secrets
from decimal import Decimal

from orders.models import Order
from orders.models.credit import CreditOperation, CreditPayment
from orders.payments import credit, order_credit
from orders.payments.gateway import Hold
from orders.payments.ledger import LedgerGateway
from orders.rules import credit as rules
from orders.rules.states import LedgerState
from temporal_app import names


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
            order_credit.enter(order_number, names.WITHDRAW, amount, key)
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
            order_credit.enter(payment.order_number, names.DEPOSIT, min(amount, taken), key)

    def _reference(self, order_number: str) -> str:
        return f"credit_{secrets.token_hex(12)}"
