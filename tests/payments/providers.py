"""The providers that the contract tests go through."""

from decimal import Decimal

from orders.models import SandboxPayment
from orders.payments.gateway import PaymentGateway
from orders.payments.sandbox import SandboxGateway
from tests.payments.contract import Books
from tests.payments.unreliable import Fault, UnreliableGateway


class Sandbox:
    """The built-in provider; its faults happen between the shop and it."""

    takes_cards = True

    def gateway(self) -> PaymentGateway:
        return SandboxGateway()

    def unreliable(self, fault: Fault, method: str, times: int = 1) -> PaymentGateway:
        return UnreliableGateway(SandboxGateway(), fault, method, times)

    def receive_payment(self, reference: str) -> None:
        payment = SandboxPayment.objects.get(reference=reference)
        SandboxGateway().receive_transfer(reference=reference, amount=payment.amount)

    def books(self, number: str) -> Books:
        rows = list(SandboxPayment.objects.filter(order_number=number))
        return Books(
            payments=len(rows),
            captured=sum((row.captured for row in rows), Decimal("0.00")),
            refunded=sum((row.refunded for row in rows), Decimal("0.00")),
        )
