"""The journal: every movement of money between two accounts, written once, never changed. Balances are its sums."""

from decimal import Decimal
from typing import Any, NoReturn

from django.db import models
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orders.models.fields import MoneyField
from orders.models.mutators import write_once
from orders.rules.accounts import AccountKind
from orders.rules.totals import ZERO


def _known(column: str) -> Q:
    known = Q()
    for kind in AccountKind:
        known |= Q(**{f"{column}__startswith": f"{kind}:"})
    return known


class JournalQuerySet(models.QuerySet["JournalEntry"]):
    def balance(self, account: str, currency: str) -> Decimal:
        """What stands on an account: what has come minus what has gone."""
        sums = {"come": Sum("amount", filter=Q(target=account)), "gone": Sum("amount", filter=Q(source=account))}
        found = self.touching(account).filter(currency=currency).aggregate(**sums)
        # SQLite adds up floating-point numbers
        return ((found["come"] or ZERO) - (found["gone"] or ZERO)).quantize(ZERO)

    def balances(self) -> dict[tuple[str, str], Decimal]:
        """What stands on each account, by account and currency."""
        sums: dict[tuple[str, str], Decimal] = {}
        for column, sign in (("target", 1), ("source", -1)):
            rows = self.order_by().values_list(column, "currency").annotate(all=Sum("amount"))
            for account, currency, amount in rows:
                sums[account, currency] = (sums.get((account, currency), ZERO) + sign * amount).quantize(ZERO)
        return sums

    def touching(self, account: str) -> "JournalQuerySet":
        """What has come to an account and gone from it."""
        return self.filter(Q(source=account) | Q(target=account))

    def place_of(self, cause: str) -> str:
        """Where the money of a cause has got to; empty where none has moved."""
        return self.filter(cause=cause).order_by("-pk").values_list("target", flat=True).first() or ""

    def update(self, **columns: Any) -> NoReturn:
        raise TypeError("A journal entry is never changed; write another one.")

    def delete(self) -> NoReturn:
        raise TypeError("A journal entry is never deleted.")


class JournalEntry(models.Model):
    """One movement of an amount from one account to another; see `orders.rules.accounts`.

    `cause` names the row behind it: `payment_event-12`, `payment-5`, `refund_task-3`, `reversal-7`. `key` makes
    writing it twice one entry.
    """

    key = models.CharField(max_length=160, unique=True)
    source = models.CharField(_("from"), max_length=60)
    target = models.CharField(pgettext_lazy("a payment", "to"), max_length=60)
    amount = MoneyField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    cause = models.CharField(_("because of"), max_length=60, db_index=True)
    at = models.DateTimeField(_("when"), auto_now_add=True)

    objects = JournalQuerySet.as_manager()

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal")
        indexes = [
            models.Index(fields=["source", "currency"], name="journal_source"),
            models.Index(fields=["target", "currency"], name="journal_target"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="journal_amount_positive"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="journal_between_two_accounts"),
            models.CheckConstraint(condition=_known("source"), name="journal_source_known"),
            models.CheckConstraint(condition=_known("target"), name="journal_target_known"),
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.target} {self.amount} {self.currency}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("A journal entry is never changed; write another one.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("A journal entry is never deleted.")

    @classmethod
    def record(cls, *, key: str, source: str, target: str, amount: Decimal, currency: str, cause: str) -> None:
        """Write down that money has moved, once for each key. Call it in the transaction of what moved it."""
        entry = cls(key=key, source=source, target=target, amount=amount, currency=currency, cause=cause)
        write_once(entry, key=["key"])
