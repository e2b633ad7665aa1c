"""What one person alone may not do about money: from which amount on somebody else approves it, by the policies there
are now.

Somebody else always has to: nobody does it for an order of their own (`own_orders`).
"""

from decimal import Decimal

from django.db.models import QuerySet

from orders.models import ApprovalPolicy, ApprovalRequest, Order, PaymentEvent, Resolution
from orders.models.approval import ApprovalKind
from orders.models.resolution import ResolutionAction
from orders.rules import actors
from orders.rules.approvals import ApprovalOutcome, ApprovalTier, tier_for
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import PaymentEventOutcome
from orders.rules.totals import ZERO, fingerprint


def limit(kind: ApprovalKind) -> Decimal | None:
    """From which amount on a second person approves; None where nobody does."""
    return min((tier.from_amount for tier in ApprovalPolicy.objects.tiers(kind) if tier.roles), default=None)


def tier_of(kind: ApprovalKind, amount: Decimal) -> ApprovalTier | None:
    """Who approves such an amount, and within what time; None where one person may do it alone."""
    policies = ApprovalKind.CREDIT if kind == ApprovalKind.CREDIT_PAYMENT else kind
    tier = tier_for(amount, ApprovalPolicy.objects.tiers(policies))
    return tier if tier.roles else None


def is_approved(approval: ApprovalRequest | None, content: str) -> bool:
    """Whether other people have approved exactly this.

    :raises RuleBroken: they have approved something else, because it has changed since
    """
    if approval is None or approval.outcome != ApprovalOutcome.APPROVED:
        return False
    if approval.fingerprint != content:
        raise RuleBroken(Refusal.CONTENT_CHANGED, total=approval.amount)
    return True


# An order that is marked as paid


def is_word_of_staff(payment_event: PaymentEvent) -> bool:
    """Whether a payment stands on nothing but the word of a member of staff, and nobody has taken it so far."""
    said = actors.user_id(payment_event.reported_by) is not None
    return said and payment_event.outcome == PaymentEventOutcome.RECEIVED and not payment_event.has_been_booked


def marked_as_paid(payment_event: PaymentEvent) -> Decimal:
    """What its order would be marked as paid with, all such words taken together: splitting a sum changes nothing."""
    told = PaymentEvent.objects.filter(
        order_number=payment_event.order_number,
        reported_by__startswith=f"{actors.USER}:",
        outcome__in=[PaymentEventOutcome.MATCHED, PaymentEventOutcome.UNMATCHED],
    ).exclude(pk=payment_event.pk)
    return payment_event.amount + sum(told.values_list("amount", flat=True), ZERO)


def content_of_report(payment_event: PaymentEvent) -> str:
    """What a decision about it is made on."""
    words = f"{payment_event.order_number} {payment_event.reference} {payment_event.currency}"
    return fingerprint([(words, payment_event.amount, 1)], payment_event.amount)


# A difference that is accepted


def orders_of(decision: Resolution) -> QuerySet[Order]:
    """The orders whose money a decision about a payment is about."""
    numbers = {
        decision.order_number,
        decision.payment_event.named_order,
        *(number for number, _share in decision.shares),
    }
    return Order.objects.filter(number__in=numbers).order_by("pk")


def difference(decision: Resolution) -> Decimal:
    """What would be accepted: how much more or less came than the order costs, all its payments taken together."""
    order = orders_of(decision).first()
    if decision.action != ResolutionAction.ACCEPT or order is None:
        return ZERO
    return abs(_came(decision) - order.rest)


def _came(decision: Resolution) -> Decimal:
    money = decision.payment_event
    kept = PaymentEvent.objects.filter(order_number=money.order_number, outcome=PaymentEventOutcome.MATCHED)
    return money.amount + sum(kept.exclude(pk=money.pk).values_list("amount", flat=True), ZERO)


def content_of_acceptance(decision: Resolution) -> str:
    """What a decision about it is made on."""
    order = orders_of(decision).first()
    total = order.rest if order else ZERO
    return fingerprint([(f"payment_event-{decision.payment_event_id}", _came(decision), 1)], total)


# What is credited to a customer


def content_of_credit(decision: Resolution, amount: Decimal) -> str:
    """What a decision about crediting (some of) a payment is made on."""
    return fingerprint([(f"payment_event-{decision.payment_event_id} credit", amount, 1)], amount)
