"""Whether the journal agrees with what it tells of: orders, payment events, refunds to make, the providers' books."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Concat

from orders.invariants.money import AMOUNT
from orders.models import (
    BankDebit,
    BankTransfer,
    BankTransferOperation,
    CompensationFailure,
    CreditOperation,
    CreditPayment,
    JournalEntry,
    Order,
    Payment,
    PaymentEvent,
    Refund,
    RefundTask,
    Resolution,
    SandboxOperation,
    SandboxPayment,
    TimelineEntry,
)
from orders.models.resolution import ResolutionAction
from orders.rules import accounts
from orders.rules.accounts import AccountKind
from orders.rules.invariants import Finding, Invariant
from orders.rules.order_events import OrderEvent
from orders.rules.states import (
    DebitKind,
    DebitState,
    DebitWay,
    MismatchReason,
    PaymentEventOutcome,
    PaymentState,
    RefundStage,
    RefundState,
    ResolutionState,
    ReversalState,
)
from orders.rules.status import OrderStatus
from orders.rules.totals import ZERO

NOTHING = Value(ZERO, AMOUNT)
LEDGERS: dict[str, tuple[type[Any], type[Any]]] = {
    "sandbox": (SandboxPayment, SandboxOperation),
    "bank_transfer": (BankTransfer, BankTransferOperation),
    "credit": (CreditPayment, CreditOperation),
}


def check_books(due: datetime) -> Iterator[Finding]:
    """Every cent that does not stand where the tables say it does.

    :param due: what a later step writes has to be there since then
    """
    yield from _nothing_negative()
    yield from _orders_stand(due)
    yield from _unmatched_stands()
    yield from _received_stands()
    yield from _lapsed_is_gone()
    yield from _refunds_stand(due)
    yield from _taken_back_stands()


def _cents(amount: Decimal | None) -> Decimal:
    """As money is compared: SQLite adds up floating-point numbers. Nothing found is no money."""
    return (amount or ZERO).quantize(ZERO)


def _sum_of(rows: QuerySet[JournalEntry], column: str) -> Coalesce:
    return Coalesce(Subquery(rows.values(column).annotate(all=Sum("amount")).values("all")), NOTHING)


def _balance(account: str) -> CombinedExpression:
    """For a row with a currency: what stands on the account that its column `account` names."""
    rows = JournalEntry.objects.order_by().filter(currency=OuterRef("currency"))
    come = rows.filter(target=OuterRef(account))
    gone = rows.filter(source=OuterRef(account))
    return _sum_of(come, "target") - _sum_of(gone, "source")


def _named(kind: AccountKind, column: str) -> Concat:
    return Concat(Value(f"{kind}:"), Cast(column, CharField()), output_field=CharField())


def _wrong(rows: QuerySet[Any], name: str, account: Concat, should: Case) -> Iterator[tuple[Any, Decimal, Decimal]]:
    """The rows for which something else stands on their account than should: their column `name`, and both amounts."""
    compared = rows.alias(its_account=account).annotate(stands=_balance("its_account"), should=should).order_by("pk")
    for called, stands, wanted in compared.values_list(name, "stands", "should").iterator():
        if _cents(stands) != _cents(wanted):
            yield called, _cents(stands), _cents(wanted)


def _credit(*, taken: bool) -> Coalesce:
    """What was taken for an order of what its customer's credit had paid of it, or went back there since."""
    rows = JournalEntry.objects.order_by().filter(currency=OuterRef("currency"))
    if taken:
        return _sum_of(rows.filter(target=OuterRef("sales_account"), key__endswith=":taken:credit"), "target")
    back = rows.filter(source=OuterRef("sales_account"), target__startswith=f"{AccountKind.CREDIT}:")
    return _sum_of(back, "source")


def _theirs(payments: type[Any]) -> Subquery:
    """What a provider's own books say that we have of an order."""
    rows = payments.objects.order_by().filter(order_number=OuterRef("number")).values("order_number")
    return Subquery(rows.annotate(kept=Sum(F("captured") - F("refunded"))).values("kept"))


def _orders(due: datetime) -> QuerySet[Any, Any]:
    """Orders, but those of whose payment people have taken care, with all that is compared. Each sum stands in the
    statement once, and Python compares: a rule of SQL would say, and make the database find, each of its sums anew."""
    by_people = [ReversalState.SETTLED_BY_HAND, ReversalState.WRITTEN_OFF]
    settled = CompensationFailure.objects.filter(order=OuterRef("pk"), step="payment", state__in=by_people)
    captured = Payment.objects.filter(order=OuterRef("pk"), state=PaymentState.CAPTURED)
    paid = TimelineEntry.objects.filter(order=OuterRef("pk"), kind=OrderEvent.PAID)
    lapsed = TimelineEntry.objects.filter(
        order=OuterRef("order"), kind=OrderEvent.PAYMENT_LAPSED, pk__gt=OuterRef("pk")
    )
    confirmed = TimelineEntry.objects.filter(~Exists(lapsed), order=OuterRef("pk"), kind=OrderEvent.PAYMENT_CONFIRMED)
    lately = Q()
    for _payments, operations in LEDGERS.values():
        lately |= Q(Exists(operations.objects.filter(payment__order_number=OuterRef("number"), at__gte=due)))
    theirs = [When(payment_method=name, then=_theirs(payments)) for name, (payments, _operations) in LEDGERS.items()]
    named = {"sales_account": _named(AccountKind.SALES, "number"), "order_account": _named(AccountKind.ORDER, "number")}
    sums = {
        "sales": _balance("sales_account"),
        "on_account": _balance("order_account"),
        "credit_taken": _credit(taken=True),
        "credit_back": _credit(taken=False),
        "refunded": Subquery(captured.values("refunded")[:1]),
        "said": Subquery(paid.annotate(amount=Cast(KT("data__amount"), AMOUNT)).values("amount")[:1]),
        "confirmed": Exists(confirmed),
        "theirs": Case(*theirs, default=None, output_field=AMOUNT),
        "lately": lately,
    }
    columns = ("number", "status", "undo_started_at", "total", "credit", "payment_method")
    orders = Order.objects.filter(~Exists(settled)).alias(**named).annotate(**sums).order_by("pk")
    return orders.values_list(*columns, *sums, named=True)


def _told(order: Any) -> Decimal:
    """What an order's timeline says was taken, less what has gone back in part, and what is taken of its customer's
    credit and has not gone back there: as long as the payment is not refunded."""
    if order.refunded is None:
        return ZERO
    by_provider = ZERO if order.said is None else order.said - order.refunded
    return _cents(by_provider) + (order.credit - _cents(order.credit_back) if order.credit else ZERO)


def _told_there(order: Any) -> Decimal:
    """What an order's provider and its customer's credit say was taken. What a provider was asked since `due` may not
    have been noted yet."""
    if order.lately or order.payment_method not in LEDGERS:
        return _cents(order.sales)
    return _cents(order.theirs) + _cents(order.credit_taken) - _cents(order.credit_back)


def _orders_stand(due: datetime) -> Iterator[Finding]:
    """What was received and taken for an order is what its timeline and its provider tell; a cancelled one keeps
    nothing."""
    for order in _orders(due).iterator():
        sales, on_account = _cents(order.sales), _cents(order.on_account)
        told, theirs, kept = _told(order), _told_there(order), sales + on_account
        confirmed = order.total if order.confirmed else ZERO
        pending = order.status == OrderStatus.PENDING and order.undo_started_at is None
        rules = {
            Invariant.TAKEN_AS_TOLD: (sales != told, sales, told),
            Invariant.PROVIDER_AGREES: (sales != theirs, sales, theirs),
            Invariant.RECEIVED_STANDS: (pending and on_account < confirmed, on_account, confirmed),
            Invariant.CANCELLED_KEEPS_NOTHING: (order.status == OrderStatus.CANCELLED and kept != ZERO, kept, ZERO),
        }
        for rule, (broken, found, wanted) in rules.items():
            if broken:
                yield Finding(rule, order.number, f"{found:.2f}", f"{wanted:.2f}")


def _nothing_negative() -> Iterator[Finding]:
    """Only what is outside the shop may be less than nothing. One statement, so that it sees one moment."""
    balances: dict[tuple[str, str], Decimal] = {}
    rows = JournalEntry.objects.order_by().values_list("source", "target", "currency").annotate(all=Sum("amount"))
    for source, target, currency, amount in rows.iterator():
        balances[source, currency] = balances.get((source, currency), ZERO) - amount
        balances[target, currency] = balances.get((target, currency), ZERO) + amount
    for (account, currency), balance in sorted(balances.items()):
        if _cents(balance) < 0 and not accounts.may_be_below_zero(account):
            yield Finding(Invariant.NOTHING_NEGATIVE, account, f"{balance:.2f} {currency}", f"0.00 {currency}")


def _unmatched_stands() -> Iterator[Finding]:
    """What a payment event brought stands as unmatched as long as it is, or was put aside, and then no longer."""
    gone = [
        ResolutionAction.REFUND,
        ResolutionAction.ALLOCATE,
        ResolutionAction.CREDIT,
        ResolutionAction.GIVE_BACK,
    ]
    returned = Resolution.objects.filter(payment_event=OuterRef("pk"), action__in=gone, state=ResolutionState.DONE)
    waits = Q(outcome=PaymentEventOutcome.UNMATCHED) | Q(outcome=PaymentEventOutcome.RESOLVED) & ~Exists(returned)
    no_money = Q(reason=MismatchReason.PROVIDER_DISAGREES)
    should = Case(When(waits & ~no_money, then=F("amount")), default=NOTHING, output_field=AMOUNT)
    known = PaymentEvent.objects.exclude(outcome=PaymentEventOutcome.RECEIVED)
    for pk, stands, wanted in _wrong(known, "pk", _named(AccountKind.UNMATCHED, "pk"), should):
        yield Finding(Invariant.UNMATCHED_STANDS, accounts.unmatched(pk), f"{stands:.2f}", f"{wanted:.2f}")


def _received_stands() -> Iterator[Finding]:
    """What was matched with an order, or charged to a card for it, was brought to its account."""
    charged = JournalEntry.objects.filter(target=OuterRef("account"), key__endswith=":charged")
    brought = JournalEntry.objects.filter(target=OuterRef("account"), cause=OuterRef("called"))
    matched = PaymentEvent.objects.filter(outcome=PaymentEventOutcome.MATCHED).annotate(
        account=_named(AccountKind.ORDER, "order_number"),
        called=Concat(Value("payment_event-"), Cast("pk", CharField()), output_field=CharField()),
    )
    wrong = matched.filter(~Exists(charged), ~Exists(brought)).order_by("pk")
    for number, amount in wrong.values_list("order_number", "amount").iterator():
        yield Finding(Invariant.RECEIVED_STANDS, number, "0.00", f"{amount:.2f}")


def _lapsed_is_gone() -> Iterator[Finding]:
    """What could not be taken any more stands nowhere."""
    called = Concat(Value(f"{OrderEvent.PAYMENT_LAPSED}:"), Cast("attempt", CharField()), output_field=CharField())
    moved = Concat(Value("payment-"), Cast("pk", CharField()), Value(":released"), output_field=CharField())
    told = TimelineEntry.objects.filter(order=OuterRef("order"), key=OuterRef("called"))
    gone = JournalEntry.objects.filter(key=OuterRef("moved"))
    payments = Payment.objects.filter(state=PaymentState.RELEASED).annotate(called=called, moved=moved)
    wrong = payments.filter(Exists(told), ~Exists(gone)).order_by("pk")
    for number, amount in wrong.values_list("order__number", "amount").iterator():
        yield Finding(Invariant.RECEIVED_STANDS, number, f"{amount:.2f}", "0.00")


def _refunds_stand(due: datetime) -> Iterator[Finding]:
    """What finance has to pay back stands as that until it is made; what went back in part is written down."""
    done = Q(state=RefundState.DONE)
    known = RefundTask.objects.filter(done | Q(asked_at__lt=due))
    should = Case(When(done, then=NOTHING), default=F("amount"), output_field=AMOUNT)
    for number, stands, wanted in _wrong(known, "order_number", _named(AccountKind.REFUND, "pk"), should):
        yield Finding(Invariant.REFUNDS_STAND, number, f"{stands:.2f}", f"{wanted:.2f}")
    gone = JournalEntry.objects.order_by().filter(cause=OuterRef("called"))
    called = Concat(Value("refund-"), Cast("pk", CharField()), output_field=CharField())
    made = Refund.objects.filter(state=RefundStage.DONE).alias(called=called).annotate(gone=_sum_of(gone, "cause"))
    for number, left, amount, credit in (
        made.order_by("pk").values_list("order__number", "gone", "amount", "credit").iterator()
    ):
        if _cents(left) != (sent := amount - credit):
            yield Finding(Invariant.REFUNDS_STAND, number, f"{left:.2f}", f"{sent:.2f}")


def _taken_back_stands() -> Iterator[Finding]:
    """What our bank took without our asking is missing there, until people have said where it belongs; the debit of a
    refund is not. What they gave up of it is lost."""
    belongs = Q(kind=DebitKind.REFUND) | Q(state=DebitState.SETTLED) & ~Q(way=DebitWay.NOWHERE)
    should = Case(When(belongs, then=NOTHING), default=-F("amount"), output_field=AMOUNT)
    for pk, stands, wanted in _wrong(BankDebit.objects.all(), "pk", _named(AccountKind.TAKEN_BACK, "pk"), should):
        yield Finding(Invariant.TAKEN_BACK_STANDS, accounts.taken_back(pk), f"{stands:.2f}", f"{wanted:.2f}")
    lost = Q(state=DebitState.SETTLED, way=DebitWay.WRITE_OFF)
    should = Case(When(lost, then=-F("amount")), default=NOTHING, output_field=AMOUNT)
    given_up = _named(AccountKind.WRITTEN_OFF, "called")
    called = Concat(Value("bank_debit-"), Cast("pk", CharField()), output_field=CharField())
    for pk, stands, wanted in _wrong(BankDebit.objects.alias(called=called), "pk", given_up, should):
        yield Finding(Invariant.TAKEN_BACK_STANDS, accounts.taken_back(pk), f"{stands:.2f}", f"{wanted:.2f}")
