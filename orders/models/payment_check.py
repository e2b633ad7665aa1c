"""Mirror of the payment checks: what ran, how far it got, and what it showed for each chosen order."""

from datetime import datetime, timedelta
from enum import StrEnum

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.fields import choices, one_of
from orders.models.mutators import change

NOT_ANSWERED = "not_answered"


class CheckKind(StrEnum):
    """The ways to check payments."""

    BATCH = "batch"
    MONITOR = "monitor"
    COORDINATOR = "coordinator"
    HYBRID = "hybrid"


class CheckEnd(StrEnum):
    """How a check ended."""

    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    TERMINATED = "terminated"
    LOST = "lost"


class PaymentCheck(models.Model):
    """One check of many orders' payments. Written by its activities alone."""

    workflow_id = models.CharField(_("workflow"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=choices(CheckKind))
    requested_by = models.CharField(_("requested by"), max_length=60)
    expected = models.PositiveIntegerField(_("orders to check"), default=0)
    processed = models.PositiveIntegerField(_("checked"), default=0)
    paid = models.PositiveIntegerField(_("paid"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    unanswered = models.PositiveIntegerField(_("without an answer"), default=0)
    batches = models.PositiveIntegerField(_("batches"), default=0)
    seconds = models.FloatField(_("seconds"), default=0.0)
    started_at = models.DateTimeField(_("started"))
    changed_at = models.DateTimeField(_("last progress"), auto_now=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    ended_as = models.CharField(_("ended as"), max_length=12, choices=choices(CheckEnd), blank=True)

    class Meta:
        verbose_name = _("payment check")
        verbose_name_plural = _("payment checks")
        permissions = [("run_paymentcheck", "Can check payments, and run the schedule that does")]
        constraints = [
            one_of("kind", CheckKind, "payment_check_kind_known"),
            models.CheckConstraint(
                condition=Q(ended_as="") | Q(ended_as__in=[end.value for end in CheckEnd], finished_at__isnull=False),
                name="payment_check_end_known",
            ),
            models.CheckConstraint(
                condition=Q(paid__lte=models.F("processed")), name="payment_check_paid_was_processed"
            ),
        ]

    def __str__(self) -> str:
        return self.workflow_id

    def advance(self, **columns: object) -> None:
        """Record progress, by column."""
        change(self, **columns)

    def begin_again(self, **columns: object) -> None:
        """A check of the same id starts from nothing."""
        self.processed = self.paid = self.failed = self.unanswered = self.batches = 0
        self.seconds, self.finished_at, self.ended_as = 0.0, None, ""
        self.advance(**columns)

    @property
    def end(self) -> str:
        """How it ended; empty while it runs. Those that ended before that was written down have finished."""
        return self.ended_as or (CheckEnd.FINISHED if self.finished_at else "")

    @property
    def percent(self) -> int:
        """How much of it is done, 0 to 100."""
        if self.end == CheckEnd.FINISHED:
            return 100
        done = self.processed + self.unanswered
        return min(99, 100 * done // self.expected) if self.expected else 0

    @property
    def average_seconds(self) -> float:
        """Seconds an order took on average."""
        return self.seconds / self.processed if self.processed else 0.0

    def estimated_end(self, now: datetime) -> datetime | None:
        """When it will be done at the pace so far; None where nothing can be said, or it is done."""
        if self.finished_at or not self.processed:
            return None
        left = max(0, self.expected - self.processed - self.unanswered)
        return now + timedelta(seconds=self.average_seconds * left)


class PaymentCheckResult(models.Model):
    """What a check showed for one chosen order, empty while it is not known yet; or an order that was passed over."""

    check_run = models.ForeignKey(PaymentCheck, models.CASCADE, related_name="results")
    number = models.CharField(_("order"), max_length=20)
    outcome = models.CharField(_("outcome"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("result")
        verbose_name_plural = _("results")
        constraints = [models.UniqueConstraint(fields=["check_run", "number"], name="check_result_once")]

    def __str__(self) -> str:
        return f"{self.number} {self.outcome}"

    @classmethod
    def record(cls, workflow_id: str, number: str, outcome: str) -> None:
        """Write down what a check has shown for an order it was asked about; others are passed over."""
        cls.objects.filter(check_run__workflow_id=workflow_id, number=number).update(outcome=outcome)

    @classmethod
    def pass_over(cls, workflow_id: str, numbers: list[str]) -> None:
        """Write down orders about which there was no answer, also where the check was not asked about them by name."""
        check = PaymentCheck.objects.get(workflow_id=workflow_id)
        PaymentCheckResult.objects.bulk_create(
            [PaymentCheckResult(check_run=check, number=number, outcome=NOT_ANSWERED) for number in numbers],
            update_conflicts=True,
            unique_fields=["check_run", "number"],
            update_fields=["outcome"],
        )
