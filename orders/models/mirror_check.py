"""What looking through the shop has found: one row a check, one row a finding."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.fields import choices, one_of
from orders.models.mutators import change
from orders.rules.invariants import Finding, Invariant

LONGEST_TEXT = 200
MOST_FINDINGS = 1_000  # kept of one check; whoever has more has no use for a longer list
AT_MOST = timedelta(hours=6)


class CheckEnd(StrEnum):
    """How a check ended; empty while it runs."""

    RUNNING = ""
    DONE = "done"
    BROKEN_OFF = "broken_off"


class MirrorCheck(models.Model):
    """One look through all invariants. Written by its activities alone.

    `more` says that there was more to find than is kept.
    """

    workflow_id = models.CharField(_("workflow"), max_length=120, unique=True)
    requested_by = models.CharField(_("requested by"), max_length=60)
    repairs = models.BooleanField(_("repairs"), default=False)
    started_at = models.DateTimeField(_("started"))
    ended_as = models.CharField(_("ended as"), max_length=12, choices=choices(CheckEnd), blank=True, default="")
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    more = models.BooleanField(_("found more than is kept"), default=False)

    class Meta:
        verbose_name = _("check of the shop")
        verbose_name_plural = _("checks of the shop")
        permissions = [("run_mirrorcheck", "Can look through the shop, and repair what can be derived")]
        indexes = [models.Index(fields=["-started_at"], name="mirror_check_latest")]
        constraints = [
            one_of("ended_as", CheckEnd, "mirror_check_end_known"),
            models.CheckConstraint(
                condition=Q(ended_as="", ended_at=None) | (~Q(ended_as="") & Q(ended_at__isnull=False)),
                name="mirror_check_ended_once",
            ),
        ]

    def __str__(self) -> str:
        return self.workflow_id

    # Mutators

    def add(self, findings: Iterable[Finding], *, look: int) -> bool:
        """Keep findings, each once, with the number of the latest look that saw them; False once more than enough are
        kept."""
        rows = [
            MirrorFinding(
                check_run=self,
                rule=one.rule,
                subject=one.subject,
                found=one.found[:LONGEST_TEXT],
                wanted=one.wanted[:LONGEST_TEXT],
                look=look,
            )
            for one in dict.fromkeys(findings)
        ]
        key = ["check_run", "rule", "subject", "found", "wanted"]
        MirrorFinding.objects.bulk_create(rows, update_conflicts=True, unique_fields=key, update_fields=["look"])
        if self.findings.count() <= MOST_FINDINGS:
            return True
        change(self, more=True)
        return False

    def end(self, how: CheckEnd, *, at: datetime, look: int) -> None:
        """Record how it ended, once. What the last look did not see any more is put right."""
        self.left().filter(look__lt=look).update(repaired_at=at)
        MirrorCheck.objects.filter(pk=self.pk, ended_as="").update(ended_as=how, ended_at=at)

    # Queries

    def left(self) -> "models.QuerySet[MirrorFinding]":
        """What was found and not repaired."""
        return self.findings.filter(repaired_at=None)

    def is_lost(self, now: datetime) -> bool:
        """Whether it was stopped from outside: nobody wrote down how it ended, and it cannot run so long."""
        return not self.ended_as and now - self.started_at > AT_MOST


class MirrorFinding(models.Model):
    """One place where an invariant did not hold."""

    check_run = models.ForeignKey(MirrorCheck, models.CASCADE, related_name="findings")
    rule = models.CharField(_("rule"), max_length=40, choices=choices(Invariant))
    subject = models.CharField(_("where"), max_length=255)
    found = models.CharField(_("found"), max_length=LONGEST_TEXT, blank=True)
    wanted = models.CharField(_("should be"), max_length=LONGEST_TEXT, blank=True)
    look = models.PositiveSmallIntegerField(default=1)
    repaired_at = models.DateTimeField(_("repaired"), null=True, blank=True)

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        constraints = [
            one_of("rule", Invariant, "mirror_finding_rule_known"),
            models.UniqueConstraint(
                fields=["check_run", "rule", "subject", "found", "wanted"], name="mirror_finding_once"
            ),
        ]

    def __str__(self) -> str:
        return str(Finding(Invariant(self.rule), self.subject, self.found, self.wanted))
