"""The providers that the contract tests go through."""

from decimal import Decimal
from typing import ClassVar

from django.db.models import Sum

from orders.models import BankTransfer, RefundTask, SandboxPayment
from orders.payments.bank_transfer import BankTransferGateway
from orders.payments.gateway import PaymentGateway
from orders.payments.reports import PAID, PaymentReport
from orders.payments.sandbox import SandboxGateway
from orders.payments.stripe import StripeGateway
from orders.payments.stripe_sessions import StripePages
from orders.reconciliation.matching import record_event
from orders.rules.states import PaymentEventOutcome
from tests.payments.contract import Books
from tests.payments.fake_stripe import FakeStripe
from tests.payments.fake_stripe.sessions import GOOD
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


class Stripe:
    """Our fake of Stripe; its faults happen over HTTP.

    :param by_page: customers pay on its own page
    """

    PATHS: ClassVar = {
        "hold": r"POST /v1/payment_intents$",
        "charge": r"POST .*/confirm",
        "capture": r"POST .*/capture",
        "release": r"POST .*/cancel",
        "refund": r"POST /v1/refunds",
        "status": r"GET /v1/payment_intents/",
        "statuses": r"GET /v1/payment_intents",
        "find": r"GET /v1/payment_intents",
    }

    def __init__(self, fake: FakeStripe, settings, *, by_page: bool = False) -> None:
        self.fake, self.settings, self.takes_cards = fake, settings, not by_page

    def gateway(self) -> PaymentGateway:
        self.fake.left = 0
        return StripeGateway()

    def unreliable(self, fault: Fault, method: str, times: int = 1) -> PaymentGateway:
        timeout = fault == Fault.TIMEOUT
        if timeout:  # so that it does not take long, and nothing else times out by accident
            self.settings.STRIPE_TIMEOUT = 0.1
        self.fake.breaks(fault, self.PATHS[method], 1 if timeout else times, then=self._be_patient)
        return StripeGateway()

    def _be_patient(self) -> None:
        self.settings.STRIPE_TIMEOUT = 5

    def receive_payment(self, reference: str) -> None:
        """The customer pays in their browser, with Stripe and without us."""
        hold = self.fake.books.intent(reference)
        name = StripePages().open(
            hold=reference,
            order_number=hold["metadata"]["order"],
            amount=Decimal(hold["amount"]) / 100,
            currency=hold["currency"].upper(),
            return_url="https://shop.test/?session={CHECKOUT_SESSION_ID}",
            back_url="https://shop.test/",
        )
        self.fake.checkout.submit(name, GOOD)

    def books(self, number: str) -> Books:
        intents = self.fake.books.of_order(number)
        charges = [self.fake.books.charges[i["latest_charge"]] for i in intents if i["latest_charge"]]
        return Books(
            payments=sum("hold_key" in intent["metadata"] for intent in intents),
            captured=Decimal(sum(charge["amount_captured"] for charge in charges)) / 100,
            refunded=Decimal(sum(charge["amount_refunded"] for charge in charges)) / 100,
        )


class Bank:
    """Our own bank account, where lines of statements say what came."""

    takes_cards = False

    def gateway(self) -> PaymentGateway:
        return BankTransferGateway()

    def unreliable(self, fault: Fault, method: str, times: int = 1) -> PaymentGateway:
        return UnreliableGateway(BankTransferGateway(), fault, method, times)

    def receive_payment(self, reference: str) -> None:
        transfer = BankTransfer.objects.get(reference=reference)
        payment_event = PaymentReport(
            f"line:{reference}", transfer.order_number, PAID, transfer.amount, transfer.currency, reference
        )
        row, _new = record_event(payment_event, provider="bank_transfer", by="statement:1")
        row.move_to(PaymentEventOutcome.MATCHED)

    def books(self, number: str) -> Books:
        rows = list(BankTransfer.objects.filter(order_number=number))
        tasks = RefundTask.objects.filter(order_number=number).aggregate(all=Sum("amount"))["all"] or Decimal("0.00")
        return Books(payments=len(rows), captured=sum((r.captured for r in rows), Decimal("0.00")), refunded=tasks)
