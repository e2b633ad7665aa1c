"""Whether the journal agrees with what it tells of: orders, payment events, refunds to make, the providers' books."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Concat, Round

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


def _sum_of(rows: QuerySet[JournalEntry], column: str) -> Coalesce:
    return Coalesce(Subquery(rows.values(column).annotate(all=Sum("amount")).values("all")), NOTHING)


def _balance(account: str) -> Round:
    """For a row with a currency: what stands on the account that its column `account` names."""
    rows = JournalEntry.objects.order_by().filter(currency=OuterRef("currency"))
    come = rows.filter(target=OuterRef(account))
    gone = rows.filter(source=OuterRef(account))
    return Round(
        _sum_of(come, "target") - _sum_of(gone, "source"), precision=2
    )  # SQLite adds up floating-point numbers


def _named(kind: AccountKind, column: str) -> Concat:
    return Concat(Value(f"{kind}:"), Cast(column, CharField()), output_field=CharField())


def _told() -> Coalesce:
    """What an order's timeline says was taken, less what has gone back in part, as long as the payment is not
    refunded."""
    captured = Payment.objects.filter(order=OuterRef("order"), state=PaymentState.CAPTURED)
    told = TimelineEntry.objects.filter(Exists(captured), order=OuterRef("pk"), kind=OrderEvent.PAID)
    taken = Cast(KT("data__amount"), AMOUNT) - Subquery(captured.values("refunded")[:1])
    kept = told.annotate(amount=Round(taken, precision=2, output_field=AMOUNT))
    return Coalesce(Subquery(kept.values("amount")[:1]), NOTHING)


def _told_credit() -> Case:
    """What of an order whose money is taken is paid with its customer's credit and has not gone back there."""
    captured = Payment.objects.filter(order=OuterRef("pk"), state=PaymentState.CAPTURED)
    told = When(Exists(captured) & ~Q(credit=ZERO), then=F("credit") - F("credit_back"))
    return Case(told, default=NOTHING, output_field=AMOUNT)


def _theirs(name: str) -> Coalesce:
    """What a provider's own books say that we have of an order."""
    payments = LEDGERS[name][0].objects.order_by().filter(order_number=OuterRef("number"))
    kept = payments.values("order_number").annotate(kept=Round(Sum(F("captured") - F("refunded")), precision=2))
    return Coalesce(Subquery(kept.values("kept")), NOTHING)


def _credit(*, taken: bool) -> Round:
    """What was taken for an order of what its customer's credit had paid of it, or went back there since."""
    rows = JournalEntry.objects.order_by().filter(currency=OuterRef("currency"))
    if taken:
        sums = _sum_of(rows.filter(target=OuterRef("sales_account"), key__endswith=":taken:credit"), "target")
    else:
        back = rows.filter(source=OuterRef("sales_account"), target__startswith=f"{AccountKind.CREDIT}:")
        sums = _sum_of(back, "source")
    return Round(sums, precision=2)


def _orders(due: datetime) -> QuerySet[Any]:
    """Orders, but those of whose payment people have taken care, with all that is compared."""
    by_people = [ReversalState.SETTLED_BY_HAND, ReversalState.WRITTEN_OFF]
    settled = CompensationFailure.objects.filter(order=OuterRef("pk"), step="payment", state__in=by_people)
    lapsed = TimelineEntry.objects.filter(
        order=OuterRef("order"), kind=OrderEvent.PAYMENT_LAPSED, pk__gt=OuterRef("pk")
    )
    confirmed = TimelineEntry.objects.filter(~Exists(lapsed), order=OuterRef("pk"), kind=OrderEvent.PAYMENT_CONFIRMED)
    lately = Q()
    for _payments, operations in LEDGERS.values():
        lately |= Q(Exists(operations.objects.filter(payment__order_number=OuterRef("number"), at__gte=due)))
    theirs = [When(~lately, payment_method=name, then=_theirs(name) + F("credit_kept")) for name in LEDGERS]
    named = {"sales_account": _named(AccountKind.SALES, "number"), "order_account": _named(AccountKind.ORDER, "number")}
    stands = Order.objects.filter(~Exists(settled)).annotate(**named)
    stands = stands.annotate(sales=_balance("sales_account"), on_account=_balance("order_account"))
    stands = stands.annotate(credit_back=_credit(taken=False), credit_kept=_credit(taken=True) - F("credit_back"))
    return stands.annotate(
        told=Round(_told() + _told_credit(), precision=2, output_field=AMOUNT),
        kept=Round(F("sales") + F("on_account"), precision=2),
        confirmed=Case(When(Exists(confirmed), then=F("total")), default=NOTHING, output_field=AMOUNT),
        theirs=Round(Case(*theirs, default=F("sales"), output_field=AMOUNT), precision=2),
    )


def _orders_stand(due: datetime) -> Iterator[Finding]:
    """What was received and taken for an order is what its timeline and its provider tell; a cancelled one keeps
    nothing. What a provider was asked since `due` may not have been noted yet."""
    pending = Q(status=OrderStatus.PENDING, undo_started_at=None)
    rules = {
        Invariant.TAKEN_AS_TOLD: (~Q(sales=F("told")), "sales", "told"),
        Invariant.PROVIDER_AGREES: (~Q(sales=F("theirs")), "sales", "theirs"),
        Invariant.RECEIVED_STANDS: (pending & Q(on_account__lt=F("confirmed")), "on_account", "confirmed"),
        Invariant.CANCELLED_KEEPS_NOTHING: (Q(status=OrderStatus.CANCELLED) & ~Q(kept=ZERO), "kept", ""),
    }
    broken = {f"breaks_{rule}": Case(When(wrong, then=True), default=False) for rule, (wrong, *_) in rules.items()}
    any_broken = Q()
    for name in broken:
        any_broken |= Q(**{name: True})
    for order in _orders(due).annotate(**broken).filter(any_broken).order_by("pk").values().iterator():
        for rule, (_wrong, found, wanted) in rules.items():
            if order[f"breaks_{rule}"]:
                should = order[wanted] if wanted else ZERO
                yield Finding(rule, order["number"], f"{order[found]:.2f}", f"{should:.2f}")


def _nothing_negative() -> Iterator[Finding]:
    """Only what is outside the shop may be less than nothing. One statement, so that it sees one moment."""
    balances: dict[tuple[str, str], Decimal] = {}
    rows = JournalEntry.objects.order_by().values_list("source", "target", "currency").annotate(all=Sum("amount"))
    for source, target, currency, amount in rows.iterator():
        balances[source, currency] = balances.get((source, currency), ZERO) - amount
        balances[target, currency] = balances.get((target, currency), ZERO) + amount
    for (account, currency), balance in sorted(balances.items()):
        if balance.quantize(ZERO) < 0 and not accounts.may_be_below_zero(account):
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
    stands = PaymentEvent.objects.annotate(account=_named(AccountKind.UNMATCHED, "pk")).annotate(
        stands=_balance("account")
    )
    known = stands.exclude(outcome=PaymentEventOutcome.RECEIVED)
    should = known.annotate(
        should=Case(When(waits & ~no_money, then=F("amount")), default=NOTHING, output_field=AMOUNT)
    )
    wrong = should.exclude(stands=F("should")).order_by("pk")
    for pk, stands_there, wanted in wrong.values_list("pk", "stands", "should").iterator():
        yield Finding(Invariant.UNMATCHED_STANDS, accounts.unmatched(pk), f"{stands_there:.2f}", f"{wanted:.2f}")


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
    tasks = RefundTask.objects.annotate(account=_named(AccountKind.REFUND, "pk")).annotate(stands=_balance("account"))
    done = Q(state=RefundState.DONE)
    known = tasks.filter(done | Q(asked_at__lt=due)).annotate(
        should=Case(When(done, then=NOTHING), default=F("amount"), output_field=AMOUNT)
    )
    wrong = known.exclude(stands=F("should")).order_by("pk")
    for number, stands, wanted in wrong.values_list("order_number", "stands", "should").iterator():
        yield Finding(Invariant.REFUNDS_STAND, number, f"{stands:.2f}", f"{wanted:.2f}")
    gone = JournalEntry.objects.order_by().filter(cause=OuterRef("called"))
    called = Concat(Value("refund-"), Cast("pk", CharField()), output_field=CharField())
    unsaid = Refund.objects.filter(state=RefundStage.DONE).annotate(called=called)
    sent = Round(F("amount") - F("credit"), precision=2)
    sums = unsaid.annotate(gone=Round(_sum_of(gone, "cause"), precision=2), sent=sent)
    short = sums.exclude(gone=F("sent")).order_by("pk")
    for number, left, amount in short.values_list("order__number", "gone", "sent").iterator():
        yield Finding(Invariant.REFUNDS_STAND, number, f"{left:.2f}", f"{amount:.2f}")


def _taken_back_stands() -> Iterator[Finding]:
    """What our bank took without our asking is missing there, until people have said where it belongs; the debit of a
    refund is not."""
    debits = BankDebit.objects.annotate(taken_back=_named(AccountKind.TAKEN_BACK, "pk"))
    belongs = Q(kind=DebitKind.REFUND) | Q(state=DebitState.SETTLED) & ~Q(way=DebitWay.NOWHERE)
    should = Case(When(belongs, then=NOTHING), default=-F("amount"), output_field=AMOUNT)
    stands = debits.annotate(stands=_balance("taken_back"), should=should)
    wrong = stands.exclude(stands=F("should")).order_by("pk")
    for pk, stands_there, wanted in wrong.values_list("pk", "stands", "should").iterator():
        yield Finding(Invariant.TAKEN_BACK_STANDS, accounts.taken_back(pk), f"{stands_there:.2f}", f"{wanted:.2f}")
