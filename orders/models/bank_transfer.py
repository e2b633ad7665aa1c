"""Bank transfers that we expect: the ledger of a payment method that has no provider."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.ledger import LedgerOperation, LedgerPayment


class BankTransfer(LedgerPayment):
    """A transfer that a customer is asked for, under a creditor reference of its own.

    That its money has arrived stands in its payment events.
    """

    class Meta(LedgerPayment.Meta):
        verbose_name = _("expected transfer")
        verbose_name_plural = _("expected transfers")


class BankTransferOperation(LedgerOperation):
    """One call on an expected transfer."""

    payment = models.ForeignKey(BankTransfer, models.CASCADE, related_name="operations")
