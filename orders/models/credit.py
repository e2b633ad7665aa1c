"""The ledger of what orders are paid with their customers' credit; the credit itself stands in the journal."""

from django.db import models

from orders.models.ledger import LedgerOperation, LedgerPayment


class CreditPayment(LedgerPayment):
    """What an order takes of its customer's credit."""


class CreditOperation(LedgerOperation):
    """One call on such a payment."""

    payment = models.ForeignKey(CreditPayment, models.CASCADE, related_name="operations")
