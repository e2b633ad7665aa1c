"""What the system could not undo by itself, and what people decide about it."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.fields import MoneyField, choices, one_of
from orders.models.mutators import move
from orders.models.order import Order
from orders.rules.states import RESOLUTION, REVERSAL, ResolutionState, ReversalState
from orders.rules.totals import ZERO, fingerprint


class ReversalAction(StrEnum):
    """What can be done about a step that could not be undone."""

    RETRY = "retry"
    SETTLE = "settle"
    WRITE_OFF = "write_off"


class CompensationFailureQuerySet(models.QuerySet["CompensationFailure"]):
    def open(self) -> "CompensationFailureQuerySet":
        """Those that a person still has to see to."""
        return self.filter(state=ReversalState.OPEN)

    def payment_not_undone(self) -> "CompensationFailureQuerySet":
        """Those of the payment that people have settled in another way, or still have to."""
        return self.filter(step="payment").exclude(state=ReversalState.UNDONE)

    def locked(self, pk: int) -> "CompensationFailure":
        """The failed reversal, its order's row and its own locked until the transaction ends.

        :raises CompensationFailure.DoesNotExist: there is none of this key
        """
        number = self.values_list("order__number", flat=True).get(pk=pk)
        order = Order.objects.locked(number)
        failure = self.select_for_update(of=("self",)).get(pk=pk)
        failure.order = order
        return failure


class CompensationFailure(models.Model):
    """One step of one order that could not be undone, with the money and the goods at risk.

    `attempts` counts how often it was tried to the end: by the order itself, then by people. `owner` is who takes care
    of it. The rest is written by activities.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="compensation_failures", verbose_name=_("order"))
    step = models.CharField(_("step"), max_length=40)
    error = models.TextField(_("last error"))
    amount_at_risk = MoneyField(_("money at risk"))
    goods_at_risk = MoneyField(_("goods at risk"), default=ZERO)
    currency = models.CharField(_("currency"), max_length=3)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=1)
    happened_at = models.DateTimeField(_("happened"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who takes care"),
    )
    state = models.CharField(
        _("state"), max_length=20, choices=choices(ReversalState), default=ReversalState.OPEN.value
    )
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    objects = CompensationFailureQuerySet.as_manager()

    class Meta:
        verbose_name = _("failed reversal")
        verbose_name_plural = _("failed reversals")
        permissions = [("settle_compensationfailure", "Can take care of failed reversals")]
        constraints = [
            models.UniqueConstraint(fields=["order", "step"], name="compensation_failure_once_per_step"),
            one_of("state", ReversalState, "compensation_failure_state_known"),
            models.CheckConstraint(
                condition=Q(state="open", settled_at=None) | (~Q(state="open") & Q(settled_at__isnull=False)),
                name="compensation_failure_settled_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.step}"

    # Mutators

    def move_to(self, state: ReversalState, *, at: datetime) -> bool:
        """Record how it was settled; False where that was recorded before.

        :raises RuleBroken: it was settled in another way
        """
        return move(self, state, REVERSAL, {"settled_at": at})

    def failed_again(self, error: str) -> None:
        """Count one more try that came to nothing, and why."""
        self.attempts, self.error = self.attempts + 1, error
        self.save(update_fields=["attempts", "error"])

    def hand_to(self, person: User | None) -> None:
        """Say who takes care of it from now on."""
        self.owner = person
        self.save(update_fields=["owner"])

    # Queries

    @property
    def at_risk(self) -> Decimal:
        """Money and goods together."""
        return self.amount_at_risk + self.goods_at_risk

    @property
    def is_open(self) -> bool:
        """Whether a person still has to see to it."""
        return self.state == ReversalState.OPEN

    @property
    def holds_goods(self) -> bool:
        """Whether pieces may still be promised to the order because of it."""
        return self.step in ("stock", "shipping")

    def under_way(self) -> "ReversalDecision | None":
        """What has been decided about it and is still to be carried out."""
        return self.decisions.filter(state=ResolutionState.REQUESTED).select_related("decided_by").first()


class ReversalDecision(models.Model):
    """A person's decision about one failed reversal (written by the web) and what became of it (by an activity).

    `text` is the evidence that it was settled by hand, or the reason to write it off. A write-off is carried out once
    another person has approved it. `result` is the code of a refusal or the error of a retry.
    """

    failure = models.ForeignKey(
        CompensationFailure, models.PROTECT, related_name="decisions", verbose_name=_("failed reversal")
    )
    action = models.CharField(_("action"), max_length=10, choices=choices(ReversalAction))
    text = models.TextField(_("evidence or reason"), blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), auto_now_add=True)
    state = models.CharField(
        _("state"), max_length=10, choices=choices(ResolutionState), default=ResolutionState.REQUESTED.value
    )
    result = models.TextField(_("result"), blank=True)
    ended_at = models.DateTimeField(_("carried out"), null=True, blank=True)

    class Meta:
        verbose_name = _("decision on a failed reversal")
        verbose_name_plural = _("decisions on failed reversals")
        constraints = [
            one_of("action", ReversalAction, "reversal_action_known"),
            one_of("state", ResolutionState, "reversal_decision_state_known"),
            models.UniqueConstraint(
                fields=["failure"], condition=Q(state="requested"), name="reversal_decided_one_at_a_time"
            ),
            models.CheckConstraint(condition=Q(action="retry") | ~Q(text=""), name="reversal_settled_for_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.failure}"

    def move_to(self, state: ResolutionState, *, at: datetime, result: str = "") -> bool:
        """Record what became of it; False where that was recorded before.

        :raises RuleBroken: it ended in another way
        """
        return move(self, state, RESOLUTION, {"ended_at": at, "result": result})

    def fingerprint(self) -> str:
        """What a decision about this write-off is made on."""
        at_risk = self.failure.at_risk
        return fingerprint([(f"write-off-{self.pk} {self.failure.step} {self.text}", at_risk, 1)], at_risk)
