"""What has become of an order's money, in one glance: read from the journal, for staff and customers alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from orders.models import JournalEntry, Order, PaymentEvent, Refund, RefundTask
from orders.payments.refundable import why_not
from orders.rules import accounts, credit
from orders.rules.accounts import AccountKind
from orders.rules.states import CardState, MismatchReason, PaymentEventOutcome, RefundState
from orders.rules.status import ENDED
from orders.rules.totals import ZERO

EVENT = "payment_event-"


@dataclass(frozen=True)
class Arrival:
    """An amount that came, from where and when.

    :param payer: as the bank names them; empty where nobody said
    :param payment_event: what was told of it; None where the shop charged a card itself
    """

    amount: Decimal
    currency: str
    at: datetime
    provider: str
    payer: str
    payment_event: PaymentEvent | None


@dataclass(frozen=True)
class PaymentCard:
    """Amounts in the order's currency.

    :param due: what the order costs
    :param on_account: what came in and was not taken; it goes back with a cancellation
    :param to_pay_back: what finance still has to send
    :param refundable: what could still be given back
    :param arrivals: what came, the first first; also what has gone back since
    :param looked_at: payment events that wait for a person
    """

    state: CardState
    due: Decimal
    received: Decimal
    taken: Decimal
    on_account: Decimal
    refunded: Decimal
    to_pay_back: Decimal
    refundable: Decimal
    arrivals: tuple[Arrival, ...]
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
    wanted = Refund.objects.filter(order=order).under_way().sum()
    return PaymentCard(
        state=_state(order, on_account, taken, refunded, to_pay_back + wanted),
        due=order.total,
        received=came - given_up,
        taken=taken,
        on_account=on_account,
        refunded=refunded,
        to_pay_back=to_pay_back,
        refundable=max(taken - wanted, ZERO) if why_not(order) is None else ZERO,
        arrivals=tuple(_arrivals(rows.filter(target=mine[0]))),
        looked_at=tuple(looked_at(order)),
    )


def _arrivals(came: QuerySet[JournalEntry]) -> Iterator[Arrival]:
    """What was brought to an order's account, each amount once."""
    entries = list(came.order_by("pk"))
    pks = [entry.cause.removeprefix(EVENT) for entry in entries if entry.cause.startswith(EVENT)]
    events = PaymentEvent.objects.select_related("statement_line", "part_of__statement_line").in_bulk(pks)
    told = {event.cause: event for event in events.values()}
    for entry in entries:
        event = told.get(entry.cause)
        if event is not None and event.outcome != PaymentEventOutcome.MATCHED:
            continue  # it came and was put before a person
        line = getattr(event.origin, "statement_line", None) if event else None
        at, provider = (event.received_at, event.provider) if event else (entry.at, _way_of(entry))
        yield Arrival(entry.amount, entry.currency, at, provider, line.payer if line else "", event)


def _way_of(entry: JournalEntry) -> str:
    """How it was paid, where nobody but the shop itself tells of it."""
    kind, which = accounts.split(entry.source)
    return credit.METHOD if kind == AccountKind.CREDIT else which


def looked_at(order: Order) -> list[PaymentEvent]:
    """What came in for an order and waits for a person to decide about it."""
    waiting = PaymentEvent.objects.filter(order_number=order.number, outcome=PaymentEventOutcome.UNMATCHED)
    return list(waiting.exclude(reason=MismatchReason.PROVIDER_DISAGREES).order_by("pk"))


def _state(order: Order, on_account: Decimal, taken: Decimal, refunded: Decimal, on_its_way: Decimal) -> CardState:
    if on_its_way or (order.undo_started_at and on_account + taken):
        return CardState.REFUND_UNDER_WAY
    if taken and refunded:
        return CardState.PARTLY_REFUNDED
    if taken or on_account >= order.total:
        return CardState.PAID
    if refunded:
        return CardState.REFUNDED
    if on_account:
        return CardState.PARTLY_PAID
    return CardState.NOT_PAID if order.status in ENDED or order.undo_started_at else CardState.AWAITING


def _sum(rows: QuerySet[JournalEntry] | QuerySet[RefundTask]) -> Decimal:
    return (rows.aggregate(all=Sum("amount"))["all"] or ZERO).quantize(ZERO)
