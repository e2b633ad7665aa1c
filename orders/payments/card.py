"""What has become of an order's money, in one glance: read from the journal, for staff and customers alike."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q, Value

from orders.models import JournalEntry, Order, PaymentEvent, Refund, RefundTask
from orders.payments.parts import Parts
from orders.payments.refundable import why_not
from orders.rules import accounts, credit
from orders.rules.accounts import AccountKind
from orders.rules.states import CardState, PaymentEventOutcome, RefundState
from orders.rules.status import ENDED
from orders.rules.totals import ZERO

EVENT = "payment_event-"
COUNTED = [PaymentEventOutcome.MATCHED, PaymentEventOutcome.UNMATCHED]


@dataclass(frozen=True)
class Told:
    """What the shop was told of money for one order, and what of it counts: read once for all that a page says.

    :param events: those that are matched with the order, or wait for a person; the first first
    """

    events: tuple[PaymentEvent, ...]
    parts: Parts

    @property
    def looked_at(self) -> list[PaymentEvent]:
        """What came in and waits for a person to decide about it."""
        return [event for event in self.events if event.outcome == PaymentEventOutcome.UNMATCHED and event.brings_money]


def told_of(order: Order) -> Told:
    """What the shop was told of money for an order; one query."""
    found = PaymentEvent.objects.filter(order_number=order.number, outcome__in=COUNTED).defer("body")
    events = tuple(found.select_related("statement_line", "part_of__statement_line").order_by("pk"))
    return Told(events, Parts.of(order, events))


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


def payment_card(order: Order, told: Told | None = None) -> PaymentCard:
    """Where an order's money is; two queries, and another where nobody has read yet what was `told` of it."""
    told = told or told_of(order)
    mine = [accounts.order(order.number), accounts.sales(order.number)]
    touching = JournalEntry.objects.filter(Q(source__in=mine) | Q(target__in=mine), currency=order.currency)
    entries = list(touching.order_by("pk"))
    came = [entry for entry in entries if entry.target == mine[0]]
    went = [entry for entry in entries if entry.source in mine and entry.target not in mine]
    given_up = _sum(filter(_was_given_up, went))
    on_account, taken = (_balance(entries, account) for account in mine)
    to_pay_back, wanted = _going_back(order)
    refunded = _sum(went) - given_up
    return PaymentCard(
        state=_state(order, on_account, taken, refunded, to_pay_back + wanted),
        due=order.total,
        received=_sum(came) - given_up,
        taken=taken,
        on_account=on_account,
        refunded=refunded,
        to_pay_back=to_pay_back,
        refundable=max(taken - wanted, ZERO) if why_not(order) is None else ZERO,
        arrivals=tuple(_arrivals(came, told)),
        looked_at=tuple(told.looked_at),
    )


def _was_given_up(gone: JournalEntry) -> bool:
    """Whether money left an order because it was not, or not any more, for it."""
    return gone.target.startswith(f"{AccountKind.UNMATCHED}:") or gone.key.endswith(":released")


def _going_back(order: Order) -> tuple[Decimal, Decimal]:
    """What finance has to pay back, and what somebody wants to be paid back."""
    tasks = RefundTask.objects.filter(order_number=order.number, state=RefundState.OPEN)
    wanted = Refund.objects.filter(order=order).under_way()
    rows = tasks.values_list(Value("to_pay_back"), "amount")
    sums = {"to_pay_back": ZERO, "wanted": ZERO}
    for kind, amount in rows.union(wanted.values_list(Value("wanted"), "amount"), all=True):
        sums[kind] += amount
    return sums["to_pay_back"], sums["wanted"]


def _arrivals(came: Iterable[JournalEntry], told: Told) -> Iterator[Arrival]:
    """What was brought to an order's account, each amount once."""
    matched = {event.cause: event for event in told.events if event.outcome == PaymentEventOutcome.MATCHED}
    for entry in came:
        event = matched.get(entry.cause)
        if event is None and entry.cause.startswith(EVENT):
            continue  # it came, and was put before a person or went on to another order
        line = getattr(event.origin, "statement_line", None) if event else None
        at, provider = (event.received_at, event.provider) if event else (entry.at, _way_of(entry))
        yield Arrival(entry.amount, entry.currency, at, provider, line.payer if line else "", event)


def _way_of(entry: JournalEntry) -> str:
    """How it was paid, where nobody but the shop itself tells of it."""
    kind, which = accounts.split(entry.source)
    return credit.METHOD if kind == AccountKind.CREDIT else which


def looked_at(order: Order) -> list[PaymentEvent]:
    """What came in for an order and waits for a person to decide about it."""
    return told_of(order).looked_at


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


def _balance(entries: Iterable[JournalEntry], account: str) -> Decimal:
    signs = ((entry, (entry.target == account) - (entry.source == account)) for entry in entries)
    return sum((entry.amount * sign for entry, sign in signs), ZERO)


def _sum(entries: Iterable[JournalEntry]) -> Decimal:
    return sum((entry.amount for entry in entries), ZERO)
