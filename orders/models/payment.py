"""Money of an order as the shop knows it, and what providers reported."""

from decimal import Decimal

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models.fields import MoneyField, choices, one_of
from orders.models.journal import JournalEntry
from orders.models.mutators import change, move
from orders.models.order import Order
from orders.rules import accounts, actors
from orders.rules.states import PAYMENT, PAYMENT_EVENT, MismatchReason, PaymentEventOutcome, PaymentState


class Payment(models.Model):
    """One payment asked of one order's customer; an order whose total changes gets another attempt."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="payments")
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    provider = models.CharField(_("provider"), max_length=30)
    reference = models.CharField(_("reference"), max_length=120, blank=True)
    transaction = models.CharField(_("transaction"), max_length=120, blank=True)
    amount = MoneyField(_("amount"))
    refunded = MoneyField(_("refunded"), default=Decimal("0.00"))
    currency = models.CharField(_("currency"), max_length=3)
    state = models.CharField(
        _("state"), max_length=10, choices=choices(PaymentState), default=PaymentState.REQUESTED.value
    )
    changed_at = models.DateTimeField(_("last change"), auto_now=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.UniqueConstraint(fields=["order", "attempt"], name="payment_attempt_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=models.F("amount")), name="payment_refund_covered"
            ),
            one_of("state", PaymentState, "payment_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.reference}"

    @property
    def cause(self) -> str:
        """What it is called in the journal."""
        return f"payment-{self.pk}"

    def move_to(self, state: PaymentState, **columns: object) -> bool:
        """Record what the provider has done, with further columns; False where that was recorded before.

        :raises RuleBroken: `state` may not follow
        """
        return move(self, state, PAYMENT, {"changed_at": timezone.now(), **columns})

    def give_back(self, amount: Decimal, *, is_all: bool) -> None:
        """Count `amount` as given back; `is_all` where nothing is left. Call it with the order's row locked."""
        if is_all:
            self.move_to(PaymentState.REFUNDED, refunded=self.refunded + amount)
        else:
            change(self, refunded=self.refunded + amount)

    @property
    def is_partly_refunded(self) -> bool:
        """Whether some of what was taken has gone back."""
        return self.state == PaymentState.CAPTURED and self.refunded > 0


class PaymentEvent(models.Model):
    """What we were told about a payment, as it came. Whoever hears it writes the receipt, an activity its outcome.

    `reported_by` says who: `webhook:stripe`, `schedule:hourly-payment-batch`, `statement:12`, `user:17`. One that a
    person shared out has a share (`part_of`) for each order, and one for what is over.
    """

    provider = models.CharField(_("provider"), max_length=30)
    event_id = models.CharField(_("event"), max_length=120)
    order_number = models.CharField(_("order"), max_length=40)
    status = models.CharField(_("reported"), max_length=20)
    amount = MoneyField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    reference = models.CharField(_("reference"), max_length=140)
    reported_by = models.CharField(_("reported by"), max_length=60)
    body = models.TextField(_("as received"), blank=True)
    part_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="shares", verbose_name=_("share of")
    )
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    outcome = models.CharField(
        _("outcome"), max_length=16, choices=choices(PaymentEventOutcome), default=PaymentEventOutcome.RECEIVED.value
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("payment event")
        verbose_name_plural = _("payment events")
        permissions = [
            ("report_payment", "Can mark orders as paid"),
            ("resolve_paymentevent", "Can decide about payments that do not match"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="payment_event_once"),
            models.CheckConstraint(condition=~Q(reported_by=""), name="payment_event_reported_by_someone"),
            one_of("outcome", PaymentEventOutcome, "payment_event_outcome_known"),
        ]
        indexes = [models.Index(fields=["outcome", "order_number"], name="payment_event_of_order")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}, {self.order_number or self.provider}"

    @classmethod
    def receive(cls, *, provider: str, event_id: str, **columns: object) -> tuple["PaymentEvent", bool]:
        """Write down what we were told, once for each event; returns the row and whether it is new."""
        return cls.objects.get_or_create(provider=provider, event_id=event_id, defaults=columns)

    @property
    def is_money(self) -> bool:
        """Whether it is the money itself, on our own bank account; otherwise it is a report about money."""
        return actors.is_a(actors.STATEMENT, self.reported_by)

    @property
    def origin(self) -> "PaymentEvent":
        """What came in: itself, or what it is a share of."""
        return self.part_of.origin if self.part_of else self

    @property
    def named_order(self) -> str:
        """The number of the order that it names, or that what it is left over from has named."""
        return self.order_number or (self.part_of.named_order if self.part_of else "")

    def share(self, *, event_id: str, order_number: str, amount: Decimal) -> "PaymentEvent":
        """A share of this payment, for an order, or what is over."""
        told = {name: getattr(self, name) for name in ("status", "currency", "reference", "reported_by")}
        about = {"order_number": order_number, "amount": amount, "part_of": self, **told}
        return PaymentEvent.receive(provider=self.provider, event_id=event_id, **about)[0]

    def accept(self) -> bool:
        """Say that this part of an order's money is all that has to come; False where it is no part."""
        self.refresh_from_db(fields=["outcome", "reason"])
        part = PaymentEvent.objects.filter(pk=self.pk, outcome=PaymentEventOutcome.MATCHED, reason="")
        if self.outcome == PaymentEventOutcome.MATCHED and part.update(reason=MismatchReason.TOO_LITTLE):
            self.reason = MismatchReason.TOO_LITTLE
        return self.outcome == PaymentEventOutcome.MATCHED

    def assign(self, order_number: str) -> None:
        """Say which order it is for; what becomes of it is open again."""
        self.move_to(PaymentEventOutcome.RECEIVED, order_number=order_number)

    @property
    def plain_reference(self) -> str:
        """The reference as it may stand in a history: never words that a payer or a member of staff typed."""
        typed = actors.split(self.reported_by)[0] in (actors.STATEMENT, actors.USER)
        if typed and not Payment.objects.filter(provider=self.provider, reference=self.reference).exists():
            return self.cause
        return self.reference

    @property
    def cause(self) -> str:
        """What it is called in the journal."""
        return f"payment_event-{self.pk}"

    @property
    def has_been_booked(self) -> bool:
        """Whether its money stands, or stood, somewhere in the journal."""
        return JournalEntry.objects.filter(cause=self.cause).exists()

    @property
    def brings_money(self) -> bool:
        """Whether it says that money has come, and not that there is none."""
        return (self.outcome, self.reason) != (PaymentEventOutcome.UNMATCHED, MismatchReason.PROVIDER_DISAGREES)

    def move_to(self, outcome: PaymentEventOutcome, reason: str = "", **columns: object) -> bool:
        """Record what became of it, with further columns, and in the journal where its money is now; False where that
        was recorded before.

        :raises RuleBroken: `outcome` may not follow
        """
        with transaction.atomic():
            moved = move(self, outcome, PAYMENT_EVENT, {"reason": reason, **columns}, column="outcome")
            if moved and outcome == PaymentEventOutcome.MATCHED and not self._tells_of_a_charge():
                self._bring_to(accounts.order(self.order_number))
            elif moved and outcome == PaymentEventOutcome.UNMATCHED and self.brings_money:
                self._bring_to(accounts.unmatched(self.pk))
        return moved

    def _tells_of_a_charge(self) -> bool:
        """Whether its money is that of a card which the shop has charged itself, and not more that came beside it."""
        if JournalEntry.objects.place_of(self.cause):
            return False
        charged = Payment.objects.filter(
            order__number=self.order_number, provider=self.provider, reference=self.reference
        )
        keys = [f"{payment.cause}:charged" for payment in charged]
        return JournalEntry.objects.filter(key__in=keys).exists()

    def _bring_to(self, account: str) -> None:
        outside = accounts.provider(self.provider)
        source = JournalEntry.objects.place_of(self.cause) or outside
        if source == account:
            return
        if source != outside and JournalEntry.objects.balance(source, self.currency) < self.amount:
            source = outside  # it had gone back with the hold that it paid, before anybody looked
        turn = JournalEntry.objects.filter(cause=self.cause).count() + 1
        JournalEntry.record(
            key=f"{self.cause}:{turn}",
            source=source,
            target=account,
            amount=self.amount,
            currency=self.currency,
            cause=self.cause,
        )
