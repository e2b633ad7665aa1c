"""The built-in provider: takes any card but one, keeps its books in its own tables, refuses what a real one refuses."""

import secrets
from decimal import Decimal

from orders.models.sandbox import SandboxOperation, SandboxPayment, SandboxState
from orders.payments.gateway import UnknownPayment
from orders.payments.ledger import LedgerGateway
from orders.rules.limits import CARD_TOKEN_LENGTH

DECLINED_CARD = "tok_declined_card"


class SandboxGateway(LedgerGateway):
    """The gateway protocol on the sandbox's own tables.

    A payment is authorised by a card, or by a transfer that arrives at the provider (`receive_transfer`). Its signed
    webhook is the provider's own word: where only that reached the shop, the payment is still open in these books,
    and capturing it authorises it as well.
    """

    name = "sandbox"
    takes_cards = True
    payments = SandboxPayment
    operations = SandboxOperation

    def receive_transfer(self, *, reference: str, amount: Decimal) -> bool:
        """The provider's side: a customer's transfer arrived. Authorises an open payment of exactly this amount.

        :returns: False where nothing changed: another amount, or not open any more
        :raises UnknownPayment: no payment of this reference
        """
        payment = SandboxPayment.objects.filter(reference=reference)
        if not payment.exists():
            raise UnknownPayment(f"there is no payment {reference}")
        return bool(payment.filter(state=SandboxState.OPEN, amount=amount).update(state=SandboxState.AUTHORISED))

    def send_back(self, *, reference: str, order_number: str, amount: Decimal, currency: str, key: str) -> str:
        """The provider's side: money that came in beside any payment of ours goes back. Returns the refund's id.

        These books know of it only by the word that told the shop, so it is written into them as it leaves.
        """
        payment, _new = SandboxPayment.objects.get_or_create(
            reference=f"odd_{key}"[:60],
            defaults={
                "order_number": order_number,
                "amount": amount,
                "currency": currency,
                "captured": amount,
                "state": SandboxState.CAPTURED,
            },
        )
        return self.refund(reference=payment.reference, amount=amount, key=key)

    def _reference(self, order_number: str) -> str:
        return f"sbx_{secrets.token_hex(12)}"

    def _accepts(self, card_token: str) -> bool:
        return card_token != DECLINED_CARD and len(card_token) >= CARD_TOKEN_LENGTH
