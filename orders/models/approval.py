"""Who must approve what (policies), what is being approved (requests, levels) and who decided what (decisions)."""

from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from orders.models.compensation import ReversalDecision
from orders.models.credit import CreditAdjustment
from orders.models.debit_write_off import DebitWriteOff
from orders.models.expense import ExpenseRequest
from orders.models.fields import MoneyField, choices, one_of
from orders.models.mutators import change, move
from orders.models.order import Order
from orders.models.payment import PaymentEvent
from orders.models.refund import Refund
from orders.models.resolution import Resolution
from orders.rules import identifiers
from orders.rules.approvals import APPROVAL, DAY, LEVEL, ApprovalOutcome, ApprovalTier, AtDeadline, LevelState, Role


class ApprovalKind(StrEnum):
    """What can be approved."""

    ORDER = "order"
    EXPENSE = "expense"
    WRITE_OFF = "write_off"
    MARK_PAID = "mark_paid"
    ACCEPT_DIFFERENCE = "accept_difference"
    REFUND = "refund"
    CREDIT = "credit"
    CREDIT_PAYMENT = "credit_payment"  # asked by the policies of `CREDIT`
    DEBIT_WRITE_OFF = "debit_write_off"  # asked by the policies of `WRITE_OFF`


# What each kind is about: the column of an approval that says so.
SUBJECTS: dict[ApprovalKind, str] = {
    ApprovalKind.ORDER: "order",
    ApprovalKind.EXPENSE: "expense",
    ApprovalKind.WRITE_OFF: "write_off",
    ApprovalKind.MARK_PAID: "payment_event",
    ApprovalKind.ACCEPT_DIFFERENCE: "resolution",
    ApprovalKind.REFUND: "refund",
    ApprovalKind.CREDIT: "credit_adjustment",
    ApprovalKind.CREDIT_PAYMENT: "resolution",
    ApprovalKind.DEBIT_WRITE_OFF: "debit_write_off",
}
OF_POLICIES = [kind for kind in ApprovalKind if kind not in (ApprovalKind.CREDIT_PAYMENT, ApprovalKind.DEBIT_WRITE_OFF)]


def _about_one_thing() -> Q:
    """The subject of its kind, and no other."""
    condition = Q()
    for kind, subject in SUBJECTS.items():
        columns = {f"{column}__isnull": column != subject for column in dict.fromkeys(SUBJECTS.values())}
        condition |= Q(kind=kind.value, **columns)
    return condition


class ApprovalPolicyQuerySet(models.QuerySet["ApprovalPolicy"]):
    def tiers(self, kind: ApprovalKind) -> tuple[ApprovalTier, ...]:
        """The tiers in force for a kind, lowest amount first; what an approval takes along when it starts."""
        return tuple(policy.tier() for policy in self.filter(kind=kind).order_by("from_amount"))


class ApprovalPolicy(models.Model):
    """From which amount on which roles must approve, how long they have, and what happens then."""

    kind = models.CharField(_("kind"), max_length=20, choices=choices(ApprovalKind))
    from_amount = MoneyField(_("from amount"))
    roles = models.JSONField(_("roles required"), default=list)
    deadline_seconds = models.PositiveIntegerField(_("deadline (seconds)"), default=7 * DAY)
    at_deadline = models.CharField(
        _("at the deadline"), max_length=10, choices=choices(AtDeadline), default=AtDeadline.REJECT.value
    )
    remind_before_seconds = models.PositiveIntegerField(_("reminder before the deadline (seconds)"), default=DAY)
    escalate_to = models.CharField(_("escalate to"), max_length=20, choices=choices(Role), blank=True)

    objects = ApprovalPolicyQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval policy")
        verbose_name_plural = _("approval policies")
        constraints = [
            models.UniqueConstraint(fields=["kind", "from_amount"], name="policy_tier_once"),
            models.CheckConstraint(condition=Q(from_amount__gte=0), name="policy_amount_not_negative"),
            models.CheckConstraint(condition=Q(deadline_seconds__gt=0), name="policy_deadline_positive"),
            models.CheckConstraint(
                condition=~Q(at_deadline="escalate") | ~Q(escalate_to=""), name="policy_escalates_to_someone"
            ),
            models.CheckConstraint(
                condition=Q(remind_before_seconds__lt=F("deadline_seconds")), name="policy_reminds_before_deadline"
            ),
            one_of("kind", ApprovalKind, "policy_kind_known"),
            one_of("at_deadline", AtDeadline, "policy_at_deadline_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ≥ {self.from_amount}: {', '.join(self.roles) or '–'}"

    def tier(self) -> ApprovalTier:
        """The policy as it crosses the wire."""
        return ApprovalTier(
            from_amount=self.from_amount,
            roles=tuple(self.roles),
            deadline_seconds=self.deadline_seconds,
            at_deadline=AtDeadline(self.at_deadline),
            remind_before_seconds=self.remind_before_seconds,
            escalate_to=self.escalate_to,
        )


class ApprovalRequestQuerySet(models.QuerySet["ApprovalRequest"]):
    def about(self, kind: str, subject: str) -> "ApprovalRequestQuerySet":
        """The approval of an order (by number), or of anything else (by its kind and key)."""
        if kind == ApprovalKind.ORDER:
            return self.filter(order__number=subject)
        return self.filter(kind=kind, **{f"{SUBJECTS[ApprovalKind(kind)]}_id": int(subject)})


class ApprovalRequest(models.Model):
    """Mirror of one `ApprovalWorkflow`: what is being approved, by when, and how it stands."""

    kind = models.CharField(_("kind"), max_length=20, choices=choices(ApprovalKind))
    order = models.OneToOneField(Order, models.CASCADE, null=True, blank=True, related_name="approval")
    expense = models.OneToOneField(ExpenseRequest, models.CASCADE, null=True, blank=True, related_name="approval")
    write_off = models.OneToOneField(
        ReversalDecision, models.CASCADE, null=True, blank=True, related_name="approval", verbose_name=_("write-off")
    )
    payment_event = models.OneToOneField(
        PaymentEvent, models.CASCADE, null=True, blank=True, related_name="approval", verbose_name=_("payment event")
    )
    resolution = models.OneToOneField(
        Resolution,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="approval",
        verbose_name=_("decision on a payment"),
    )
    refund = models.OneToOneField(
        Refund, models.CASCADE, null=True, blank=True, related_name="approval", verbose_name=_("refund")
    )
    credit_adjustment = models.OneToOneField(
        CreditAdjustment, models.CASCADE, null=True, blank=True, related_name="approval", verbose_name=_("adjustment")
    )
    debit_write_off = models.OneToOneField(
        DebitWriteOff, models.CASCADE, null=True, blank=True, related_name="approval", verbose_name=_("debit given up")
    )
    requested_by = models.CharField(_("requested by"), max_length=60)
    amount = MoneyField(_("amount"))
    fingerprint = models.CharField(_("fingerprint"), max_length=16)
    outcome = models.CharField(
        _("outcome"), max_length=10, choices=choices(ApprovalOutcome), default=ApprovalOutcome.PENDING.value
    )
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    requested_at = models.DateTimeField(_("requested"))
    deadline = models.DateTimeField(_("deadline"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = ApprovalRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        permissions = [("decide_approval", "Can decide on approvals of the own roles")]
        constraints = [
            models.CheckConstraint(condition=_about_one_thing(), name="approval_has_one_subject"),
            one_of("outcome", ApprovalOutcome, "approval_outcome_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind.replace('_', '-')} {self.subject}"

    @property
    def subject(self) -> str:
        """How workflows name what is being approved: an order's number, or a key."""
        return self.order.number if self.order else str(getattr(self, f"{SUBJECTS[ApprovalKind(self.kind)]}_id"))

    @property
    def money(self) -> PaymentEvent | None:
        """The payment that it is about, where it is about one."""
        return self.resolution.payment_event if self.resolution else self.payment_event

    @cached_property
    def concerns(self) -> Order | None:
        """The order whose goods or money it is about, where there is one."""
        if self.write_off:
            return self.write_off.failure.order
        if self.debit_write_off:
            return Order.objects.filter(number=self.debit_write_off.debit.order_number).first()
        if self.money:
            return Order.objects.filter(number=self.money.named_order).first()
        return self.refund.order if self.refund else self.order

    @property
    def currency(self) -> str:
        """The currency of what is decided on."""
        if self.debit_write_off:
            return self.debit_write_off.debit.currency
        if self.write_off:
            return self.write_off.failure.currency
        of = self.money or self.refund or self.order
        return of.currency if of else "EUR"

    @property
    def workflow_id(self) -> str:
        return identifiers.approval(self.kind, self.subject)

    def amend(self, **columns: object) -> None:
        """Change what is being approved, or until when: columns by name, all at once."""
        change(self, **columns)

    def move_to(self, outcome: ApprovalOutcome, **columns: object) -> bool:
        """End it, or begin another round, with further columns; False where that was recorded before.

        :raises RuleBroken: `outcome` may not follow
        """
        return move(self, outcome, APPROVAL, columns, column="outcome")


class ApprovalLevel(models.Model):
    """One role's part in an approval."""

    request = models.ForeignKey(ApprovalRequest, models.CASCADE, related_name="levels")
    role = models.CharField(_("role"), max_length=20, choices=choices(Role))
    state = models.CharField(_("state"), max_length=10, choices=choices(LevelState), default=LevelState.PENDING.value)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("level")
        verbose_name_plural = _("levels")
        constraints = [
            models.UniqueConstraint(fields=["request", "role"], name="level_once_per_role"),
            one_of("state", LevelState, "level_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.state}"

    def move_to(self, state: LevelState) -> bool:
        """Record a decision, or ask anew; False where that was recorded before.

        :raises RuleBroken: `state` may not follow
        """
        return move(self, state, LEVEL)


class ApprovalDecision(models.Model):
    """One person's decision, on what, and in whose place; never changed."""

    request = models.ForeignKey(ApprovalRequest, models.CASCADE, related_name="decisions")
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    role = models.CharField(_("role"), max_length=20, choices=choices(Role))
    approved = models.BooleanField(_("approved"))
    comment = models.TextField(_("comment"), blank=True)
    actor = models.CharField(_("actor"), max_length=60)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="decisions",
        verbose_name=_("decided by"),
    )
    acting_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("acting for")
    )
    amount = MoneyField(_("amount decided on"))
    fingerprint = models.CharField(_("content decided on"), max_length=16)
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints = [
            models.UniqueConstraint(fields=["request", "round", "role"], name="decision_once_per_level"),
            models.UniqueConstraint(
                fields=["request", "round", "person"],
                condition=Q(person__isnull=False),
                name="decision_one_level_per_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {'approved' if self.approved else 'rejected'}"
