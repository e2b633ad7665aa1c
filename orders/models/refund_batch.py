"""Files of refunds: transfers that the bank is asked to make together."""

from datetime import datetime

from django.core.files.base import ContentFile
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.fields import MoneyField
from orders.models.refund_task import RefundTask
from orders.rules import identifiers


class RefundBatch(models.Model):
    """One credit transfer file (pain.001): what stands in it never changes.

    A refund is in one file at most. Those that the bank did not carry out can be withdrawn, and are then free again.
    """

    made_at = models.DateTimeField(_("made"))
    made_by = models.CharField(_("made by"), max_length=60)
    count = models.PositiveIntegerField(_("transfers"))
    total = MoneyField(_("sum"))
    currency = models.CharField(_("currency"), max_length=3)
    file = models.FileField(_("file"), upload_to="refunds/", blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_by = models.CharField(_("withdrawn by"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("file of refunds")
        verbose_name_plural = _("files of refunds")
        constraints = [
            models.CheckConstraint(condition=Q(total__gt=0, count__gt=0), name="refund_batch_not_empty"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by="") | Q(withdrawn_at__isnull=False) & ~Q(withdrawn_by=""),
                name="refund_batch_withdrawn_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return self.message_id

    @classmethod
    def make(cls, tasks: list[RefundTask], *, by: str, at: datetime) -> "RefundBatch":
        """Put refunds into a file of their own. Call it in a transaction, with their rows locked."""
        total = sum(task.amount for task in tasks)
        batch = cls.objects.create(made_at=at, made_by=by, count=len(tasks), total=total, currency=tasks[0].currency)
        RefundTask.objects.filter(pk__in=[task.pk for task in tasks], batch=None).update(batch=batch)
        return batch

    @property
    def message_id(self) -> str:
        """What the bank knows the file by."""
        return identifiers.refund_file(self.made_at, self.pk)

    def store(self, content: bytes) -> None:
        """Put the file into the storage of uploads; what an earlier try left under its name is replaced."""
        name, storage = f"refunds/{self.message_id}.xml", self.file.storage
        if storage.exists(name):
            storage.delete(name)
        self.file.name = storage.save(name, ContentFile(content))
        self.save(update_fields=["file"])

    def withdraw(self, *, by: str, at: datetime) -> int:
        """The bank did not carry out what is still to be made of it: free that for another file; returns how many.

        Call it in a transaction with this row locked. What has been withdrawn stays so, by whoever did it first.
        """
        freed = self.tasks.filter(state="open").update(batch=None)
        if self.withdrawn_at is None:
            self.withdrawn_at, self.withdrawn_by = at, by
            self.save(update_fields=["withdrawn_at", "withdrawn_by"])
        return freed
