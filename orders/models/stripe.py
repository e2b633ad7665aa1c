"""What we remember of our own calls to Stripe, which forgets an idempotency key after a day, and of its pages."""

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


class StripeSession(models.Model):
    """One Checkout session: a page of Stripe's on which one payment is made; written before it is opened.

    `hold` is the payment as the shop knows it, `intent` what the customer has paid with on the page.
    """

    key = models.CharField(max_length=160, unique=True)
    order_number = models.CharField(max_length=40)
    hold = models.CharField(max_length=120, db_index=True)
    session = models.CharField(max_length=120, blank=True, db_index=True)
    url = models.TextField(blank=True)
    intent = models.CharField(max_length=120, blank=True)
    is_over = models.BooleanField(default=False)
    first_tried_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.key

    @classmethod
    def begin(cls, *, hold: str, order_number: str) -> tuple["StripeSession", bool]:
        """The page that is open for a payment, or a new one; and whether it was never tried before."""
        known = list(cls.objects.filter(hold=hold).order_by("pk"))
        if known and not known[-1].is_over:
            return known[-1], False
        key = f"{order_number}:session:{hold}:{len(known) + 1}"
        return cls.objects.get_or_create(key=key, defaults={"hold": hold, "order_number": order_number})

    def opened(self, *, session: str, url: str) -> None:
        """Record what Stripe calls it, and where it is."""
        self.session, self.url = session, url
        self.save(update_fields=["session", "url"])

    def end(self, *, intent: str) -> None:
        """Record that nobody can pay on it any more, and with what somebody has."""
        self.intent, self.is_over = intent, True
        self.save(update_fields=["intent", "is_over"])
