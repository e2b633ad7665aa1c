"""Where staff are signed in: for themselves, who may end it."""

from datetime import datetime

from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.utils import timezone


def _usable(now: datetime) -> models.Exists:
    return models.Exists(Session.objects.filter(session_key=models.OuterRef("key"), expire_date__gt=now))


class StaffSessionQuerySet(models.QuerySet["StaffSession"]):
    def going_on(self) -> "StaffSessionQuerySet":
        """Those that somebody could use; the others have ended by themselves or by signing out."""
        return self.filter(_usable(timezone.now()))

    def over(self, now: datetime) -> "StaffSessionQuerySet":
        """The others."""
        return self.filter(~_usable(now))

    @transaction.atomic
    def end(self) -> int:
        """Sign out wherever this is; returns how many there were."""
        Session.objects.filter(session_key__in=list(self.values_list("key", flat=True))).delete()
        ended, _each = self.delete()
        return ended


class StaffSession(models.Model):
    """What tells a session from the others of the same person. Goes with the next sign-in after the session."""

    user = models.ForeignKey(User, models.CASCADE, related_name="staff_sessions")
    key = models.CharField(max_length=40, unique=True)
    browser = models.CharField(max_length=300, blank=True)
    address = models.GenericIPAddressField()
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    objects = StaffSessionQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.user_id} since {self.began_at:%Y-%m-%d %H:%M}"

    @classmethod
    def note(cls, user: User, key: str, *, before: str, began_at: datetime, browser: str, address: str) -> None:
        """Somebody did something in this session.

        :param before: the key that the session had when this was noted last; keys change as one proves more
        """
        now = timezone.now()
        told = {"key": key, "browser": browser[:300], "address": address, "seen_at": now}
        if not cls.objects.filter(user=user, key__in={before, key}).update(**told):
            told.pop("key")
            cls.objects.get_or_create(key=key, defaults={"user": user, "began_at": began_at, **told})

    @classmethod
    def forget_old(cls, user: User, before: datetime) -> None:
        """What nobody needs any more: this person's sessions that are over, and whatever began so long ago."""
        cls.objects.filter(user=user).over(timezone.now()).delete()
        cls.objects.filter(began_at__lt=before).delete()
