"""The ledger of the built-in `sandbox` payment provider. It stands for another company's database:
only `orders.payments.sandbox` touches it, and nothing of the shop points at it."""

from decimal import Decimal
from enum import StrEnum

from django.db import models
from django.db.models import F, Q

from orders.models.fields import MoneyField, choices, one_of


class SandboxState(StrEnum):
    OPEN = "open"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    RELEASED = "released"
    FAILED = "failed"


class SandboxPayment(models.Model):
    """One payment at the provider."""

    reference = models.CharField(max_length=60, unique=True)
    order_number = models.CharField(max_length=40, db_index=True)
    amount = MoneyField()
    currency = models.CharField(max_length=3)
    captured = MoneyField(default=Decimal("0.00"))
    refunded = MoneyField(default=Decimal("0.00"))
    state = models.CharField(max_length=12, choices=choices(SandboxState), default=SandboxState.OPEN)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            one_of("state", SandboxState, "sandbox_state_known"),
            models.CheckConstraint(condition=Q(captured__lte=F("amount")), name="sandbox_captured_was_held"),
            models.CheckConstraint(condition=Q(refunded__lte=F("captured")), name="sandbox_refunded_was_captured"),
        ]

    def __str__(self) -> str:
        return self.reference


class SandboxOperation(models.Model):
    """One call that had an effect, and its answer, kept under its idempotency key."""

    key = models.CharField(max_length=120, unique=True)
    payment = models.ForeignKey(SandboxPayment, models.CASCADE, related_name="operations")
    kind = models.CharField(max_length=12)
    amount = MoneyField()
    answer = models.CharField(max_length=120)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key
