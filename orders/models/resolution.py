"""What people decide about payments that did not match, and what became of it."""

from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.fields import choices, one_of
from orders.models.mutators import move
from orders.models.payment import PaymentEvent
from orders.rules.states import RESOLUTION, ResolutionState


class ResolutionAction(StrEnum):
    """What can be done about a payment that did not match."""

    ASSIGN = "assign"
    ACCEPT = "accept"
    REFUND = "refund"
    REOPEN = "reopen"
    IGNORE = "ignore"
    ALLOCATE = "allocate"
    CREDIT = "credit"
    GIVE_BACK = "give_back"


class Resolution(models.Model):
    """A person's decision about one payment (written by the web) and what became of it (written by an activity).

    `shares` is how a payment is shared out: pairs of an order's number and an amount, such as `["ORD-2026-000123",
    "60.00"]`; what is over is a payment of its own.

    `mismatch` is why the payment did not match when it was decided; `result` the refund's id, the new order's number,
    or the code of a refusal, with the words it needs in `details`. `unknown_since` is since when nobody can say whether
    it has had an effect at the provider; that is asked until it says.
    """

    payment_event = models.ForeignKey(
        PaymentEvent, models.PROTECT, related_name="decisions", verbose_name=_("payment event")
    )
    action = models.CharField(_("action"), max_length=10, choices=choices(ResolutionAction))
    order_number = models.CharField(_("order"), max_length=20, blank=True)
    shares = models.JSONField(_("shares"), default=list, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    mismatch = models.CharField(_("did not match because"), max_length=40, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), auto_now_add=True)
    state = models.CharField(
        _("state"), max_length=10, choices=choices(ResolutionState), default=ResolutionState.REQUESTED.value
    )
    result = models.CharField(_("result"), max_length=120, blank=True)
    details = models.JSONField(default=dict, blank=True)
    unknown_since = models.DateTimeField(_("outcome not known since"), null=True, blank=True)
    ended_at = models.DateTimeField(_("carried out"), null=True, blank=True)

    class Meta:
        verbose_name = _("decision on a payment")
        verbose_name_plural = _("decisions on payments")
        constraints = [
            one_of("action", ResolutionAction, "resolution_action_known"),
            one_of("state", ResolutionState, "resolution_state_known"),
            models.UniqueConstraint(
                fields=["payment_event"], condition=Q(state="requested"), name="resolution_decided_one_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["payment_event"], condition=Q(action="refund", state="done"), name="resolution_refunded_once"
            ),
            models.CheckConstraint(condition=~Q(action="ignore", reason=""), name="resolution_ignored_for_a_reason"),
            models.CheckConstraint(condition=~Q(action="assign", order_number=""), name="resolution_assigned_to_order"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.payment_event_id}"

    def move_to(self, state: ResolutionState, *, at: datetime, result: str = "", **details: str) -> bool:
        """Record what became of it; False where that was recorded before.

        :raises RuleBroken: it ended in another way
        """
        return move(self, state, RESOLUTION, {"ended_at": at, "result": result[:120], "details": details})

    def note_unknown(self, at: datetime) -> None:
        """Record that it is not known whether it had an effect; the first time counts, and an end settles it."""
        waiting = Resolution.objects.filter(pk=self.pk, state=ResolutionState.REQUESTED, unknown_since=None)
        waiting.update(unknown_since=at)

    @property
    def is_unknown(self) -> bool:
        """Whether nobody can say yet if it has had an effect."""
        return self.state == ResolutionState.REQUESTED and self.unknown_since is not None
