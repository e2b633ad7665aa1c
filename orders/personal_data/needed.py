"""What the shop still needs to know somebody for: goods that have to arrive, and money that is not settled."""

from django.contrib.auth.models import User
from django.db.models import Q

from orders.models import BankDebit, CreditAdjustment, Order, PaymentEvent, Refund, RefundTask, Resolution
from orders.models.order import OrderQuerySet
from orders.rules.states import DebitState, PaymentEventOutcome, RefundState, ResolutionState


def needed_orders() -> OrderQuerySet:
    """Orders that have not ended, and those that have, but whose money is not settled."""
    return Order.objects.filter(Q(pk__in=Order.objects.open().values("pk")) | _unsettled())


def _unsettled() -> Q:
    """A refund is to be made or under way, or somebody has to say what becomes of a payment or a debit."""
    unmatched = PaymentEvent.objects.filter(outcome=PaymentEventOutcome.UNMATCHED)
    decisions = Resolution.objects.filter(state=ResolutionState.REQUESTED)
    return (
        Q(pk__in=Refund.objects.under_way().values("order"))
        | Q(number__in=RefundTask.objects.filter(state=RefundState.OPEN).values("order_number"))
        | Q(number__in=BankDebit.objects.filter(state=DebitState.OPEN).values("order_number"))
        | Q(number__in=unmatched.values("order_number"))
        | Q(number__in=unmatched.exclude(part_of=None).values("part_of__order_number"))
        | Q(number__in=decisions.values("order_number"))
        | Q(number__in=decisions.values("payment_event__order_number"))
    )


def is_credit_unsettled(user: User) -> bool:
    """Whether somebody wants to give them store credit, or to take some, and that has not come to an end."""
    return CreditAdjustment.objects.filter(customer=user, state=ResolutionState.REQUESTED).exists()
