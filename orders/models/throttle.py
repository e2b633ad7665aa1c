"""How often something was done lately, by whom it is counted for; exact, for all web processes together."""

from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac


class Throttle(models.Model):
    """A count that begins anew when its time is over. `key` is unreadable: it may stand for an address or a name."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key

    @classmethod
    def spend(cls, what: str, whose: str, *, limit: int, every: timedelta) -> int:
        """Count one more; returns after how many seconds it may be tried again, 0 where it was within the limit.

        :param limit: so many in the time of `every`, which begins with the first; 0 for no limit
        """
        if not limit:
            return 0
        now, key = timezone.now(), _key(what, whose)
        if not cls.objects.filter(key=key, until__gt=now).update(count=F("count") + 1):
            with transaction.atomic():
                cls.objects.filter(until__lte=now).delete()
                _row, new = cls.objects.get_or_create(key=key, defaults={"count": 1, "until": now + every})
                if not new:  # two at once were the first
                    cls.objects.filter(key=key).update(count=F("count") + 1)
        return cls.wait(what, whose, limit=limit + 1)

    @classmethod
    def wait(cls, what: str, whose: str, *, limit: int) -> int:
        """After how many seconds it may be tried again, without counting; 0 where the limit is not reached."""
        row = cls.objects.filter(key=_key(what, whose), until__gt=timezone.now()).first()
        return _seconds(row.until) if row and limit and row.count >= limit else 0

    @classmethod
    def forget(cls, what: str, whose: str) -> None:
        """It went well: what was counted so far counts no more."""
        cls.objects.filter(key=_key(what, whose)).delete()


def _seconds(until: datetime) -> int:
    return max(1, int((until - timezone.now()).total_seconds()) + 1)


def _key(what: str, whose: str) -> str:
    return salted_hmac(f"orders.throttle.{what}", whose.casefold(), algorithm="sha256").hexdigest()
