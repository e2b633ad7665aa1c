"""Outgoing mail as rows: written with what it reports, sent once, addressed when it is sent."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orders.models.expense import ExpenseRequest
from orders.models.fields import choices, one_of
from orders.models.mutators import write_once
from orders.models.order import Order
from orders.rules import actors


class MailKind(StrEnum):
    """Every mail the shop sends; each has a template of this name."""

    ORDER_PLACED = "order_placed"
    PAYMENT_REQUESTED = "payment_requested"
    PAYMENT_REMINDER = "payment_reminder"
    PAYMENT_EXTENDED = "payment_extended"
    PAYMENT_PART = "payment_part"
    PAYMENT_RECEIVED = "payment_received"
    ORDER_SHIPPED = "order_shipped"
    ORDER_DELIVERED = "order_delivered"
    ORDER_CANCELLED = "order_cancelled"
    ROLLBACK_INCOMPLETE = "rollback_incomplete"
    APPROVAL_REQUESTED = "approval_requested"
    APPROVAL_REMINDER = "approval_reminder"
    EXPENSE_SUBMITTED = "expense_submitted"
    EXPENSE_APPROVED = "expense_approved"
    EXPENSE_REJECTED = "expense_rejected"
    WRITE_OFF_DECIDED = "write_off_decided"
    SECOND_PERSON_DECIDED = "second_person_decided"
    REFUND_MADE = "refund_made"
    REFUND_REFUSED = "refund_refused"
    SHIPMENT_LATE = "shipment_late"
    PROVIDER_AWAY = "provider_away"
    PROVIDER_BACK = "provider_back"
    OPERATIONS_ALERT = "operations_alert"
    WORKFLOWS_FAILED = "workflows_failed"
    PASSWORD_RESET = "password_reset"  # noqa: S105 # nosec B105 # a kind of mail
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 # nosec B105 # a kind of mail


TO_CUSTOMER = "order"  # the recipient of a mail to the customer of its order
SUPERSEDED = "superseded"  # why one is not sent: a later one says the same


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unsent(self) -> "NotificationQuerySet":
        """Mails that still have to go out, oldest first."""
        return self.filter(sent_at=None, given_up_at=None).order_by("id")

    def to_roles(self) -> "NotificationQuerySet":
        """Mails that are handed out to the people in a role instead of being sent."""
        return self.filter(recipient__startswith=actors.ROLE)

    def to_persons(self) -> "NotificationQuerySet":
        """Mails that are sent."""
        return self.exclude(recipient__startswith=actors.ROLE)


class Notification(models.Model):
    """One mail to one recipient.

    `recipient` names who gets it without personal data: `order` (the order's customer), `user:17`, `role:manager`,
    `operations`; the address is looked up when it is sent. What is for a role counts as sent once it is handed out:
    written anew for each person in the role.
    """

    key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(_("kind"), max_length=30, choices=choices(MailKind))
    order = models.ForeignKey(Order, models.CASCADE, null=True, blank=True, related_name="notifications")
    expense = models.ForeignKey(ExpenseRequest, models.CASCADE, null=True, blank=True, related_name="notifications")
    recipient = models.CharField(pgettext_lazy("a mail", "to"), max_length=60)
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

    def begin_attempt(self, *, at: datetime, due_again_at: datetime, last: bool) -> bool:
        """Count an attempt that begins now, and keep other attempts off until `due_again_at`, or after the last one for
        good. Returns False where another has begun, or has sent it, since this row was read."""
        begun = {"attempts": self.attempts + 1, "due_at": due_again_at, "given_up_at": at if last else None}
        as_read = Notification.objects.filter(pk=self.pk, sent_at=None, attempts=self.attempts)
        if not as_read.update(**begun):
            return False
        for column, value in begun.items():
            setattr(self, column, value)
        return True

    def hold_back(self, *, until: datetime) -> None:
        """Send it later: its address has had enough for now."""
        self.due_at = until
        self.save(update_fields=["due_at"])

    def is_held_back(self, at: datetime) -> bool:
        """Whether it waits without ever having been tried."""
        return self.sent_at is None and self.given_up_at is None and self.attempts == 0 and self.due_at > at

    def failed(self, error: str, *, due_again_at: datetime) -> None:
        """Record why the attempt failed, and when the next one is due."""
        self.last_error, self.due_at = error[:300], due_again_at
        self.save(update_fields=["last_error", "due_at"])

    def fan_out(self, people: Iterable[str], *, at: datetime) -> None:
        """Write it anew for each of these people (`user:17`), once; thereby it is done."""
        with transaction.atomic():
            for person in people:
                copy = Notification(
                    key=f"{self.key}:{person}",
                    kind=self.kind,
                    recipient=person,
                    order_id=self.order_id,
                    expense_id=self.expense_id,
                    data=self.data,
                )
                write_once(copy, key=["key"])
            self.mark_sent(at)

    def mark_sent(self, at: datetime) -> None:
        """Record that it is sent, once; also where its last attempt had been given up on."""
        sent = {"sent_at": at, "given_up_at": None}
        if Notification.objects.filter(pk=self.pk, sent_at=None).update(**sent):
            self.sent_at, self.given_up_at = at, None
