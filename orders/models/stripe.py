"""What we remember of our own calls to Stripe, which forgets an idempotency key after a day."""

from django.db import models
from django.utils import timezone


class StripeCall(models.Model):
    """One call that changes something there, under its idempotency key; written before the first try."""

    key = models.CharField(max_length=160, unique=True)
    reference = models.CharField(max_length=120, blank=True, db_index=True)
    answer = models.CharField(max_length=120, blank=True)
    first_tried_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.key

    @classmethod
    def begin(cls, key: str) -> tuple["StripeCall", bool]:
        """Record that a call is about to be made; returns its row and whether it was never tried before."""
        return cls.objects.get_or_create(key=key)

    def end(self, *, reference: str, answer: str) -> None:
        """Record what came of it."""
        self.reference, self.answer, self.answered_at = reference, answer, timezone.now()
        self.save(update_fields=["reference", "answer", "answered_at"])
