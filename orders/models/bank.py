"""Our own bank account: transfers we expect, statements that say what came, refunds that finance carries out."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.models.fields import MoneyField, choices, one_of
from orders.models.payment import PaymentEvent


class TransferState(StrEnum):
    """How far an expected transfer got; that its money has arrived stands in its payment_events."""

    OPEN = "open"
    CAPTURED = "captured"
    RELEASED = "released"


class BankTransfer(models.Model):
    """A transfer that a customer is asked for, under a creditor reference of its own."""

    reference = models.CharField(_("creditor reference"), max_length=25, unique=True)
    order_number = models.CharField(_("order"), max_length=40, db_index=True)
    amount = MoneyField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    captured = MoneyField(default=Decimal("0.00"))
    refunded = MoneyField(default=Decimal("0.00"))
    state = models.CharField(_("state"), max_length=12, choices=choices(TransferState), default=TransferState.OPEN)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("expected transfer")
        verbose_name_plural = _("expected transfers")
        constraints = [
            one_of("state", TransferState, "transfer_state_known"),
            models.CheckConstraint(condition=Q(captured__lte=F("amount")), name="transfer_captured_was_asked"),
            models.CheckConstraint(condition=Q(refunded__lte=F("captured")), name="transfer_refunded_was_captured"),
        ]

    def __str__(self) -> str:
        return self.reference


class BankOperation(models.Model):
    """One call on an expected transfer that had an effect, and its answer, under its idempotency key."""

    key = models.CharField(max_length=160, unique=True)
    payment = models.ForeignKey(BankTransfer, models.CASCADE, related_name="operations")
    kind = models.CharField(max_length=12)
    amount = MoneyField()
    answer = models.CharField(max_length=120)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key


class StatementState(StrEnum):
    """What became of an uploaded statement."""

    UPLOADED = "uploaded"
    IMPORTED = "imported"
    REFUSED = "refused"


class BankStatement(models.Model):
    """A file with account statements. A person uploads it (web); what is in it is taken by an activity.

    Each of the `problems` is where it is, an English sentence, and what fills it in; see `labels.statement_problem`.
    """

    file = models.FileField(_("file"), upload_to="statements/")
    name = models.CharField(_("name"), max_length=200)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    state = models.CharField(
        _("state"), max_length=10, choices=choices(StatementState), default=StatementState.UPLOADED, editable=False
    )
    problems = models.JSONField(_("problems"), default=list, blank=True, editable=False)
    credits = models.PositiveIntegerField(_("payments received"), default=0, editable=False)
    repeated = models.PositiveIntegerField(_("taken before"), default=0, editable=False)
    left_out = models.PositiveIntegerField(_("left out"), default=0, editable=False)
    imported_at = models.DateTimeField(_("imported"), null=True, editable=False)

    class Meta:
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        constraints = [one_of("state", StatementState, "statement_state_known")]

    def __str__(self) -> str:
        return self.name

    def end(self, state: StatementState, *, at: datetime, **columns: object) -> None:
        """Note what became of it, with further columns by name."""
        self.state, self.imported_at = state, at
        for name, value in columns.items():
            setattr(self, name, value)
        self.save()


class StatementLine(models.Model):
    """One payment that arrived on our account, as the bank told it; taken once, however often it is uploaded."""

    statement = models.ForeignKey(BankStatement, models.PROTECT, related_name="lines", verbose_name=_("statement"))
    fingerprint = models.CharField(max_length=64, unique=True)
    booked_on = models.DateField(_("booked"))
    amount = MoneyField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    reference = models.CharField(_("creditor reference"), max_length=25, blank=True)
    purpose = models.CharField(_("purpose"), max_length=500, blank=True)
    payer = models.CharField(_("payer"), max_length=140, blank=True)
    payer_iban = models.CharField(_("payer's IBAN"), max_length=34, blank=True)
    payment_event = models.OneToOneField(
        PaymentEvent, models.PROTECT, related_name="statement_line", verbose_name=_("payment event")
    )

    class Meta:
        verbose_name = _("statement line")
        verbose_name_plural = _("statement lines")
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="statement_line_positive")]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount} {self.reference or self.purpose[:40]}"


class RefundState(StrEnum):
    """Whether finance has made a refund."""

    OPEN = "open"
    DONE = "done"


class RefundTask(models.Model):
    """A transfer back to a customer that finance has to make; done when a person says so."""

    key = models.CharField(max_length=160, unique=True, editable=False)
    order_number = models.CharField(_("order"), max_length=40, db_index=True)
    amount = MoneyField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    payee = models.CharField(_("to"), max_length=140, blank=True)
    iban = models.CharField(_("IBAN"), max_length=34, blank=True)
    purpose = models.CharField(_("purpose"), max_length=140)
    state = models.CharField(_("state"), max_length=8, choices=choices(RefundState), default=RefundState.OPEN)
    asked_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    done_by = models.CharField(_("done by"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("refund to make")
        verbose_name_plural = _("refunds to make")
        permissions = [("make_refund", "Can mark refunds as made")]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_task_positive"),
            models.CheckConstraint(
                condition=Q(state="open", done_at=None) | Q(state="done", done_at__isnull=False),
                name="refund_task_done_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_number} {self.amount} {self.currency}"

    @classmethod
    def ask(
        cls, *, key: str, order_number: str, amount: Decimal, currency: str, money: PaymentEvent | None
    ) -> "RefundTask":
        """Have finance pay money back, once for each `key`; `money` is what came in, and says from whom."""
        line = getattr(money, "statement_line", None)
        task, _new = cls.objects.get_or_create(
            key=key,
            defaults={
                "order_number": order_number,
                "amount": amount,
                "currency": currency,
                "payee": line.payer if line else "",
                "iban": line.payer_iban if line else "",
                "purpose": f"Refund {order_number}",
            },
        )
        return task

    def make(self, *, by: str, at: datetime) -> bool:
        """Note that the money has gone back; False where that was noted before."""
        done = RefundTask.objects.filter(pk=self.pk, state=RefundState.OPEN).update(
            state=RefundState.DONE, done_at=at, done_by=by
        )
        self.refresh_from_db()
        return bool(done)
