"""The built-in provider: takes any card but one, keeps its books in its own tables, refuses what a real one refuses."""

import secrets
from decimal import Decimal

from django.db import transaction

from orders.models.sandbox import SandboxOperation, SandboxPayment
from orders.payments.gateway import ProviderRefused, UnknownPayment
from orders.payments.ledger import LedgerGateway
from orders.rules.limits import CARD_TOKEN_LENGTH
from orders.rules.states import LedgerState

DECLINED_CARD = "tok_declined_card"
CLOSED_ACCOUNT = "tok_account_that_closes"  # this card pays, and takes nothing back


class SandboxGateway(LedgerGateway):
    """The gateway protocol on the sandbox's own tables.

    A payment is authorised by a card, or by a transfer that arrives at the provider (`receive_transfer`). Its signed
    webhook is the provider's own report: where only that reached the shop, the payment is still open in these books,
    and capturing it authorises it as well.
    """

    name = "sandbox"
    takes_cards = True
    payments = SandboxPayment
    operations = SandboxOperation

    def charge(self, *, reference: str, amount: Decimal, card_token: str, key: str) -> str:
        answer = super().charge(reference=reference, amount=amount, card_token=card_token, key=key)
        if card_token == CLOSED_ACCOUNT:
            payment = SandboxPayment.objects.get(reference=reference)
            closed = {"payment": payment, "kind": "closed", "amount": amount, "answer": answer}
            SandboxOperation.objects.get_or_create(key=f"{reference}:closed", defaults=closed)
        return answer

    def _refunded(self, payment: SandboxPayment, amount: Decimal, key: str) -> str:
        if SandboxOperation.objects.filter(key=f"{payment.reference}:closed").exists():
            raise ProviderRefused("the account of this card has been closed")
        return super()._refunded(payment, amount, key)

    def receive_transfer(self, *, reference: str, amount: Decimal) -> bool:
        """The provider's side: a customer's transfer arrived. Authorises an open payment of exactly this amount.

        :returns: False where nothing changed: another amount, or not open any more
        :raises UnknownPayment: no payment of this reference
        """
        with transaction.atomic():
            payment = SandboxPayment.objects.select_for_update().filter(reference=reference).first()
            if payment is None:
                raise UnknownPayment(f"there is no payment {reference}")
            if payment.state != LedgerState.OPEN or payment.amount != amount:
                return False
            return payment.move_to(LedgerState.AUTHORISED)

    def send_back(self, *, reference: str, order_number: str, amount: Decimal, currency: str, key: str) -> str:
        """The provider's side: money that came in beside any payment of ours goes back. Returns the refund's id.

        These books know nothing of it but the report that reached the shop, so it is written into them as it leaves.
        """
        payment, _new = SandboxPayment.objects.get_or_create(
            reference=f"odd_{key}"[:60],
            defaults={
                "order_number": order_number,
                "amount": amount,
                "currency": currency,
                "captured": amount,
                "state": LedgerState.CAPTURED,
            },
        )
        return self.refund(reference=payment.reference, amount=amount, key=key)

    def _reference(self, order_number: str) -> str:
        return f"sbx_{secrets.token_hex(12)}"

    def _accepts(self, card_token: str) -> bool:
        return card_token != DECLINED_CARD and len(card_token) >= CARD_TOKEN_LENGTH
