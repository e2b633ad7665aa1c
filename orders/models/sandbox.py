"""The ledger of the built-in `sandbox` payment provider. It stands for another company's database:
only `orders.payments.sandbox` touches it, and nothing of the shop points at it."""

from django.db import models

from orders.models.ledger import LedgerOperation, LedgerPayment


class SandboxPayment(LedgerPayment):
    """One payment at the provider."""


class SandboxOperation(LedgerOperation):
    """One call on a payment at the provider."""

    payment = models.ForeignKey(SandboxPayment, models.CASCADE, related_name="operations")
