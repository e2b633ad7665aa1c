"""Times in which a payment provider or carrier did not answer."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

# After so long without a call, a provider that does not answer is away anew: who knows what was in between.
NOBODY_ASKED = timedelta(minutes=15)


class OutageQuerySet(models.QuerySet["Outage"]):
    def open(self) -> "OutageQuerySet":
        """Those that are not over."""
        return self.filter(ended_at=None)


class Outage(models.Model):
    """From the first call that a provider or carrier (`provider`, its name) did not answer to the next that it did.

    At most one of each is open. `calls` counts those that were not answered, the last of them at `last_at`.
    `alerted_at` is when operations were told.
    """

    provider = models.CharField(_("provider"), max_length=30)
    began_at = models.DateTimeField(_("began"))
    last_at = models.DateTimeField(_("last call without an answer"))
    calls = models.PositiveIntegerField(_("calls without an answer"), default=0)
    alerted_at = models.DateTimeField(_("operations were told"), null=True, blank=True)
    ended_at = models.DateTimeField(_("over"), null=True, blank=True)

    objects = OutageQuerySet.as_manager()

    class Meta:
        verbose_name = _("outage")
        verbose_name_plural = _("outages")
        constraints = [
            models.UniqueConstraint(fields=["provider"], condition=Q(ended_at=None), name="outage_one_at_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.began_at}"

    @classmethod
    def locked(cls, provider: str, *, at: datetime) -> "Outage":
        """The open outage of a provider, begun now where there is none, locked until the transaction ends."""
        cls.objects.get_or_create(provider=provider, ended_at=None, defaults={"began_at": at, "last_at": at})
        return cls.objects.select_for_update().get(provider=provider, ended_at=None)

    # Mutators

    def count(self, *, at: datetime) -> None:
        """Count one more call that was not answered."""
        if at - self.last_at > NOBODY_ASKED and self.alerted_at is None:
            self.began_at, self.calls = at, 0
        self.calls, self.last_at = self.calls + 1, max(at, self.last_at)
        self.save(update_fields=["began_at", "calls", "last_at"])

    def mark_alerted(self, at: datetime) -> None:
        """Record that operations have been told."""
        self.alerted_at = at
        self.save(update_fields=["alerted_at"])

    def end(self, *, at: datetime) -> bool:
        """Record that the provider answers again; False where that was recorded before."""
        ended = Outage.objects.open().filter(pk=self.pk).update(ended_at=at)
        self.ended_at = at
        return bool(ended)
