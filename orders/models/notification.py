"""Outgoing mail as rows: written with what it reports, sent once, addressed when it is sent."""

from datetime import datetime, timedelta
from enum import StrEnum

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models.expense import ExpenseRequest
from orders.models.fields import choices, one_of
from orders.models.once import write_once
from orders.models.order import Order


class MailKind(StrEnum):
    """Every mail the shop sends; each has a template of this name."""

    ORDER_PLACED = "order_placed"
    PAYMENT_REQUESTED = "payment_requested"
    PAYMENT_RECEIVED = "payment_received"
    ORDER_SHIPPED = "order_shipped"
    ORDER_DELIVERED = "order_delivered"
    ORDER_CANCELLED = "order_cancelled"
    APPROVAL_REQUESTED = "approval_requested"
    APPROVAL_REMINDER = "approval_reminder"
    EXPENSE_SUBMITTED = "expense_submitted"
    EXPENSE_APPROVED = "expense_approved"
    EXPENSE_REJECTED = "expense_rejected"
    SHIPMENT_LATE = "shipment_late"
    OPERATIONS_ALERT = "operations_alert"


class NotificationQuerySet(models.QuerySet):
    def unsent(self):
        """Mails that still have to go out, oldest first."""
        return self.filter(sent_at=None, given_up_at=None).order_by("id")


class Notification(models.Model):
    """One mail to one recipient.

    `recipient` names who gets it without personal data: `order` (the order's customer), `user:17`, `role:manager`,
    `operations`; the address is looked up when it is sent.
    """

    key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(_("kind"), max_length=30, choices=choices(MailKind))
    order = models.ForeignKey(Order, models.CASCADE, null=True, blank=True, related_name="notifications")
    expense = models.ForeignKey(ExpenseRequest, models.CASCADE, null=True, blank=True, related_name="notifications")
    recipient = models.CharField(_("to"), max_length=60)
    data = models.JSONField(default=dict, blank=True)
    written_at = models.DateTimeField(_("written"), auto_now_add=True)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    given_up_at = models.DateTimeField(_("given up"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=300, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mail")
        indexes = [models.Index(fields=["id"], condition=Q(sent_at=None, given_up_at=None), name="notification_unsent")]
        constraints = [one_of("kind", MailKind, "notification_kind_known")]

    def __str__(self) -> str:
        return f"{self.kind} → {self.recipient}"

    @classmethod
    def write(cls, kind: MailKind, *, recipient: str, key: str, order: Order | None = None, **columns: object) -> None:
        """Put a mail into the outbox, once for each `key`."""
        key = f"{kind}:{key}:{recipient}"
        write_once(cls(key=key, kind=kind, recipient=recipient, order=order, **columns), key=["key"])

    def put_off(self, *, at: datetime, pause: timedelta, last: bool) -> None:
        """Count an attempt that begins now: due again after `pause`, or given up after the last one."""
        self.attempts += 1
        self.due_at = at + pause
        self.given_up_at = at if last else None
        self.save(update_fields=["attempts", "due_at", "given_up_at"])

    def failed(self, error: str) -> None:
        """Note why the attempt failed."""
        self.last_error = error[:300]
        self.save(update_fields=["last_error"])

    def went_out(self, at: datetime) -> None:
        """Note that it is sent."""
        self.sent_at, self.given_up_at = at, None
        self.save(update_fields=["sent_at", "given_up_at"])
