"""Workflows that ended badly, as Temporal's visibility tells of them; each is told once."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.fields import choices, one_of
from orders.models.mutators import write_once


class WorkflowEnd(StrEnum):
    """How a workflow ends that nobody wanted to end so."""

    FAILED = "failed"
    TIMED_OUT = "timed_out"
    TERMINATED = "terminated"


class FailedWorkflow(models.Model):
    """One run of a workflow that failed, timed out or was terminated. `told_at` is when operations were told."""

    run_id = models.CharField(max_length=64, unique=True, editable=False)
    workflow_id = models.CharField(_("workflow"), max_length=255)
    workflow_type = models.CharField(_("type"), max_length=100)
    ended_as = models.CharField(_("ended as"), max_length=12, choices=choices(WorkflowEnd))
    closed_at = models.DateTimeField(_("when"))
    told_at = models.DateTimeField(_("operations told"), null=True, blank=True)

    class Meta:
        verbose_name = _("failed workflow")
        verbose_name_plural = _("failed workflows")
        indexes = [models.Index(fields=["-closed_at"], name="failed_workflow_latest")]
        constraints = [one_of("ended_as", WorkflowEnd, "failed_workflow_end_known")]

    def __str__(self) -> str:
        return f"{self.workflow_id} {self.ended_as}"

    @classmethod
    def write(cls, run_id: str, **columns: object) -> None:
        """Write it down, once for each run."""
        write_once(cls(run_id=run_id, **columns), key=["run_id"])

    @classmethod
    def mark_told(cls, keys: Iterable[int], at: datetime) -> None:
        """Operations have been told of these."""
        cls.objects.filter(pk__in=keys).update(told_at=at)


class LastLook(models.Model):
    """Until when something has been looked through, so that the next look goes on from there."""

    name = models.CharField(max_length=40, unique=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.until}"

    @classmethod
    def remember(cls, name: str, until: datetime) -> None:
        """Everything until then has been looked through."""
        cls.objects.update_or_create(name=name, defaults={"until": until})
