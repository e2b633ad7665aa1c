"""Account statements of our own bank account, and the payments that they say have arrived."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.fields import MoneyField, choices, one_of
from orders.models.mutators import move
from orders.models.payment import PaymentEvent
from orders.rules.states import STATEMENT, StatementState
from orders.rules.totals import ZERO


class BankStatement(models.Model):
    """A file with account statements. A person uploads it (web); an activity writes down what is in it.

    Each of the `problems` is where it is, an English sentence, and what fills it in; see `labels.statement_problem`.
    """

    file = models.FileField(_("file"), upload_to="statements/")
    name = models.CharField(_("name"), max_length=200)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=choices(StatementState),
        default=StatementState.UPLOADED.value,
        editable=False,
    )
    problems = models.JSONField(_("problems"), default=list, blank=True, editable=False)
    credits = models.PositiveIntegerField(_("payments received"), default=0, editable=False)
    debits = models.PositiveIntegerField(_("debits that concern us"), default=0, editable=False)
    repeated = models.PositiveIntegerField(_("taken before"), default=0, editable=False)
    left_out = models.PositiveIntegerField(_("left out"), default=0, editable=False)
    imported_at = models.DateTimeField(_("imported"), null=True, editable=False)

    class Meta:
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        constraints = [one_of("state", StatementState, "statement_state_known")]

    def __str__(self) -> str:
        return self.name

    def move_to(self, state: StatementState, *, at: datetime, **columns: object) -> bool:
        """Record what became of it, with further columns; False where that was recorded before.

        :raises RuleBroken: it was imported or refused
        """
        return move(self, state, STATEMENT, {"imported_at": at, **columns})


class BookedEntry(models.Model):
    """What tells one booking on an account of ours from all others, in whatever file and format it comes.

    `entry_reference` is the bank's name for the entry (empty where it has none), `entry_total` the amount of it, of
    which `amount` is one payment; `position` counts the entries of a file. Older rows have none of these.
    """

    fingerprint = models.CharField(max_length=64, unique=True)
    booked_on = models.DateField(_("booked"))
    amount = MoneyField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    account = models.CharField(_("account"), max_length=34, blank=True)
    source = models.CharField(_("format"), max_length=10, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    entry_reference = models.CharField(_("the bank's reference"), max_length=60, blank=True)
    entry_total = MoneyField(_("amount of the entry"), default=ZERO)
    end_to_end = models.CharField(_("end-to-end id"), max_length=60, blank=True)

    class Meta:
        abstract = True


class StatementLine(BookedEntry):
    """One payment that arrived on our account, as the bank reported it; written once, however often it is uploaded."""

    statement = models.ForeignKey(BankStatement, models.PROTECT, related_name="lines", verbose_name=_("statement"))
    reference = models.CharField(_("creditor reference"), max_length=25, blank=True)
    purpose = models.CharField(_("purpose"), max_length=500, blank=True)
    payer = models.CharField(_("payer"), max_length=140, blank=True)
    payer_iban = models.CharField(_("payer's IBAN"), max_length=34, blank=True)
    payment_event = models.OneToOneField(
        PaymentEvent, models.PROTECT, related_name="statement_line", verbose_name=_("payment event")
    )

    class Meta:
        verbose_name = _("statement line")
        verbose_name_plural = _("statement lines")
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="statement_line_positive")]
        indexes = [models.Index(fields=["booked_on", "entry_total"], name="statement_line_booked")]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount} {self.reference or self.purpose[:40]}"
