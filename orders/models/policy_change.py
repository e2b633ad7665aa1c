"""Changes of approval policies: proposed by one person, in force once another one has confirmed them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.models.approval import ApprovalPolicy
from orders.models.fields import MoneyField, choices, one_of
from orders.models.mutators import move
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import POLICY_CHANGE, PolicyChangeState

COLUMNS = ("kind", "from_amount", "roles", "deadline_seconds", "at_deadline", "escalate_to", "remind_before_seconds")
MAY_CONFIRM = "orders.change_approvalpolicy"


def terms_of(policy: ApprovalPolicy | None) -> dict[str, Any]:
    """What a policy says, by column, as JSON; empty where there is none."""
    if policy is None:
        return {}
    terms = {column: getattr(policy, column) for column in COLUMNS}
    return {**terms, "from_amount": f"{Decimal(terms['from_amount']):.2f}", "roles": list(policy.roles)}


class PolicyChange(models.Model):
    """One change of one policy, typed by a person.

    `before` and `after` are its terms (`terms_of`): `before` is empty for a new policy, `after` for one that goes.
    `kind` and `from_amount` name the tier that it is about; there waits one change at a time.
    """

    policy = models.ForeignKey(ApprovalPolicy, models.SET_NULL, null=True, blank=True, verbose_name=_("policy"))
    kind = models.CharField(_("kind"), max_length=20)
    from_amount = MoneyField(_("from amount"))
    before = models.JSONField(_("before"), default=dict, blank=True)
    after = models.JSONField(_("after"), default=dict, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed"), auto_now_add=True)
    state = models.CharField(
        _("state"), max_length=10, choices=choices(PolicyChangeState), default=PolicyChangeState.WAITING.value
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("change of a policy")
        verbose_name_plural = _("changes of policies")
        constraints = [
            one_of("state", PolicyChangeState, "policy_change_state_known"),
            models.UniqueConstraint(
                fields=["kind", "from_amount"], condition=Q(state="waiting"), name="policy_change_waits_once"
            ),
            models.CheckConstraint(condition=~Q(proposed_by=F("decided_by")), name="policy_change_by_two_people"),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at=None, decided_by=None)
                | (~Q(state="waiting") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="policy_change_decided_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ≥ {self.from_amount}"

    # Factories

    @classmethod
    def propose(cls, policy: ApprovalPolicy | None, after: dict[str, Any], *, by: User) -> "PolicyChange":
        """Write down what shall change; the same once more is the change that waits.

        :param policy: as it is now; None for a new one
        :param after: `terms_of` what shall be; empty where it shall go
        :raises RuleBroken: another change of this tier waits
        """
        before = terms_of(policy)
        tier = {"kind": (before or after)["kind"], "from_amount": (before or after)["from_amount"]}
        change, new = cls.objects.get_or_create(
            **tier,
            state=PolicyChangeState.WAITING,
            defaults={"policy": policy, "before": before, "after": after, "proposed_by": by},
        )
        if not new and (change.after, change.proposed_by_id) != (after, by.pk):
            raise RuleBroken(Refusal.POLICY_CHANGE_WAITS)
        return change

    # Mutators

    def decide(self, *, confirmed: bool, by: User, at: datetime) -> None:
        """Put it in force, or turn it down; the same decision twice is one.

        :raises RuleBroken: by its author, or by somebody who may not; it was decided before, or the policy is not any
            more what it was when this was proposed
        """
        with transaction.atomic():
            change = PolicyChange.objects.select_for_update().get(pk=self.pk)
            if by.pk == change.proposed_by_id:
                raise RuleBroken(Refusal.OWN_REQUEST)
            if not by.has_perm(MAY_CONFIRM):
                raise RuleBroken(Refusal.NOT_ALLOWED)
            wanted = PolicyChangeState.CONFIRMED if confirmed else PolicyChangeState.REJECTED
            if change.state != PolicyChangeState.WAITING and (change.state, change.decided_by_id) != (wanted, by.pk):
                raise RuleBroken(Refusal.ALREADY_DECIDED)
            first = move(change, wanted, POLICY_CHANGE, {"decided_by": by, "decided_at": at})
            if first and confirmed:
                change.carry_out()
        self.refresh_from_db()

    def carry_out(self) -> None:
        """Make the policy what was proposed.

        :raises RuleBroken: it is not any more what it was then, or its place is taken
        """
        policy = ApprovalPolicy.objects.select_for_update().filter(pk=self.policy_id or 0).first()
        tier = {column: self.after[column] for column in ("kind", "from_amount")} if self.after else {}
        taken = bool(tier) and ApprovalPolicy.objects.filter(**tier).exclude(pk=self.policy_id or 0).exists()
        if terms_of(policy) != self.before or taken:
            raise RuleBroken(Refusal.POLICY_CHANGED)
        if policy is None:
            ApprovalPolicy.objects.create(**self.after)
        elif self.after:
            ApprovalPolicy.objects.filter(pk=policy.pk).update(**self.after)
        else:
            policy.delete()
