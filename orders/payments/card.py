"""What has become of an order's money, in one glance: read from the journal, for staff and customers alike."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from orders.models import JournalEntry, Order, PaymentEvent, RefundTask
from orders.rules import accounts
from orders.rules.accounts import AccountKind
from orders.rules.states import CardState, MismatchReason, PaymentEventOutcome, RefundState
from orders.rules.status import ENDED
from orders.rules.totals import ZERO


@dataclass(frozen=True)
class PaymentCard:
    """Amounts in the order's currency.

    :param due: what the order costs
    :param on_account: what came in and was not taken; it goes back with a cancellation
    :param to_pay_back: what finance still has to send
    :param looked_at: payment events that wait for a person
    """

    state: CardState
    due: Decimal
    received: Decimal
    taken: Decimal
    on_account: Decimal
    refunded: Decimal
    to_pay_back: Decimal
    looked_at: tuple[PaymentEvent, ...]

    @property
    def difference(self) -> Decimal:
        """What came in beyond what is due; less than nothing where it is short."""
        return self.received - self.due


def payment_card(order: Order) -> PaymentCard:
    """Where an order's money is."""
    mine = [accounts.order(order.number), accounts.sales(order.number)]
    rows = JournalEntry.objects.filter(currency=order.currency)
    came, went = _sum(rows.filter(target=mine[0])), rows.filter(source__in=mine).exclude(target__in=mine)
    given_up = _sum(went.filter(Q(target__startswith=f"{AccountKind.UNMATCHED}:") | Q(key__endswith=":released")))
    on_account, taken = (JournalEntry.objects.balance(account, order.currency) for account in mine)
    open_refunds = RefundTask.objects.filter(order_number=order.number, state=RefundState.OPEN)
    to_pay_back = _sum(open_refunds)
    refunded = _sum(went) - given_up
    return PaymentCard(
        state=_state(order, on_account, taken, refunded, to_pay_back),
        due=order.total,
        received=came - given_up,
        taken=taken,
        on_account=on_account,
        refunded=refunded,
        to_pay_back=to_pay_back,
        looked_at=tuple(looked_at(order)),
    )


def looked_at(order: Order) -> list[PaymentEvent]:
    """What came in for an order and waits for a person to decide about it."""
    waiting = PaymentEvent.objects.filter(order_number=order.number, outcome=PaymentEventOutcome.UNMATCHED)
    return list(waiting.exclude(reason=MismatchReason.PROVIDER_DISAGREES).order_by("pk"))


def _state(order: Order, on_account: Decimal, taken: Decimal, refunded: Decimal, to_pay_back: Decimal) -> CardState:
    if to_pay_back or (order.undo_started_at and on_account + taken):
        return CardState.REFUND_UNDER_WAY
    if taken or on_account >= order.total:
        return CardState.PAID
    if refunded:
        return CardState.REFUNDED
    if on_account:
        return CardState.PARTLY_PAID
    return CardState.NOT_PAID if order.status in ENDED or order.undo_started_at else CardState.AWAITING


def _sum(rows: QuerySet[JournalEntry] | QuerySet[RefundTask]) -> Decimal:
    return (rows.aggregate(all=Sum("amount"))["all"] or ZERO).quantize(ZERO)
