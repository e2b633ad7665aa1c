"""What moves money, as entries of the journal. Call each in the transaction of the effect that it records, with the
order's row (or the payment event's) locked; each twice is once.

Where payment events bring money, and where they take it, is journalled with their outcome: see
`PaymentEvent.move_to`.
"""

from decimal import Decimal

from django.db.models import Q, Sum

from orders.models import BankDebit, JournalEntry, Order, Payment, PaymentEvent, Refund, RefundTask
from orders.payments import credit, gateway_for, parts, takes_parts
from orders.payments.bank_transfer import BankTransferGateway
from orders.rules import accounts
from orders.rules.states import DebitWay, PaymentEventOutcome
from orders.rules.totals import ZERO


def charged(payment: Payment) -> None:
    """A customer's card was charged for an order, unless its provider has reported that before."""
    number = payment.order.number
    told = PaymentEvent.objects.filter(
        order_number=number,
        provider=payment.provider,
        reference=payment.reference,
        outcome=PaymentEventOutcome.MATCHED,
    )
    if not told.exists():
        _record(payment, "charged", accounts.provider(payment.provider), accounts.order(number), payment.amount)


def taken(payment: Payment, amount: Decimal) -> None:
    """The shop took the money; what nobody had reported before came with it. So it took what is paid with credit."""
    number = payment.order.number
    if JournalEntry.objects.filter(key=f"{payment.cause}:taken").exists():
        return
    used = credit.part_of(payment.order)
    short = amount - (on_account(payment.order) - used)
    if short > 0:
        _record(payment, "received", accounts.provider(payment.provider), accounts.order(number), short)
    _record(payment, "taken", accounts.order(number), accounts.sales(number), amount)
    _record(payment, "taken:credit", accounts.order(number), accounts.sales(number), used)


def released(payment: Payment) -> None:
    """A card's money goes back with its hold; a transfer that has arrived stays where it is, and so do parts."""
    if gateway_for(payment.provider).takes_cards:
        amount = min(payment.amount, on_account(payment.order) - credit.part_of(payment.order) - _in_parts(payment))
        target = accounts.provider(payment.provider)
        _record(payment, "released", accounts.order(payment.order.number), target, amount)


def lapsed(payment: Payment) -> None:
    """What a card's owner had authorised has run out: the money never came."""
    told = parts.matched(payment.order.number).filter(provider=payment.provider, reference=payment.reference)
    for event in told:
        event.move_to(PaymentEventOutcome.LAPSED, event.reason)
    released(payment)


def refunded(payment: Payment, captured: Decimal, *, key: str) -> None:
    """What was captured went back; to a customer who paid by transfer, finance has to send it, and all the rest. What
    was paid with credit stays for the customer's account to take.

    :param captured: a capture that we had given up on may show only now
    :param key: under which the refund was asked for
    """
    taken(payment, captured)
    number, currency = payment.order.number, payment.currency
    tasks = list(RefundTask.objects.filter(Q(key=key) | Q(key__startswith=f"{key}:")).order_by("pk"))
    first = tasks[0] if tasks else None
    for task in tasks[1:]:
        _refunded_to(task, payment)
    target = accounts.refund(first.pk) if first else accounts.provider(payment.provider)
    left = _balance(accounts.sales(number), currency) - credit.part_of(payment.order)
    _record(payment, "refunded", accounts.sales(number), target, left)
    if first:
        _record(payment, "rest", accounts.order(number), target, on_account(payment.order))


def _refunded_to(task: RefundTask, payment: Payment) -> None:
    """What finance has to send to one of several who paid: of what was taken, then of the rest."""
    number, target = payment.order.number, accounts.refund(task.pk)
    if not JournalEntry.objects.filter(target=target).exists():
        taken_part = min(task.amount, _balance(accounts.sales(number), payment.currency))
        _record(payment, f"refunded:{task.pk}", accounts.sales(number), target, taken_part)
        _record(payment, f"rest:{task.pk}", accounts.order(number), target, task.amount - taken_part)


def refunded_in_part(refund: Refund) -> None:
    """Some of what was taken went back; to a customer who paid by transfer, finance has to send it. What became store
    credit stands in the customer's account."""
    source, cause, currency = accounts.sales(refund.order.number), refund.cause, refund.currency
    tasks = RefundTask.objects.filter(Q(key=refund.key) | Q(key__startswith=f"{refund.key}:"))
    for task in tasks:
        target = accounts.refund(task.pk)
        _move(f"{cause}:refunded:{task.pk}", source, target, task.amount, currency=currency, cause=cause)
    if not tasks:
        target = accounts.provider(_paid(refund).provider)
        _move(f"{cause}:refunded", source, target, refund.to_provider, currency=currency, cause=cause)


def _paid(refund: Refund) -> Payment:
    if refund.payment is None:
        raise ValueError(f"refund {refund.pk} is not being sent")
    return refund.payment


def rest_returned(order: Order) -> None:
    """What was received for an order and never taken went back, or finance has to send it."""
    source, target = accounts.order(order.number), accounts.provider(order.payment_method)
    for event in parts.matched(order.number):
        if task := RefundTask.objects.filter(key=f"{event.cause}:send_back").first():
            target = accounts.refund(task.pk)
            _move(f"{event.cause}:returned", source, target, task.amount, currency=order.currency, cause=event.cause)
    if order.payment_method == BankTransferGateway.name:
        return
    cause = f"order-{order.number}"
    left = on_account(order) - credit.part_of(order)
    _move(f"{cause}:rest", source, target, left, currency=order.currency, cause=cause)


def sent_back(payment_event: PaymentEvent, *, key: str) -> None:
    """What suited no order went back, or finance has to send it.

    :param key: under which that was asked for
    """
    source, currency = accounts.unmatched(payment_event.pk), payment_event.currency
    task = RefundTask.objects.filter(key=key).first()
    target = accounts.refund(task.pk) if task else accounts.provider(payment_event.provider)
    cause = payment_event.cause
    _move(f"{cause}:sent_back", source, target, _balance(source, currency), currency=currency, cause=cause)


def shared_out(payment_event: PaymentEvent, share: PaymentEvent) -> None:
    """A share of what suited no order stands for itself."""
    source, target, cause = accounts.unmatched(payment_event.pk), accounts.unmatched(share.pk), share.cause
    _move(f"{cause}:share", source, target, share.amount, currency=share.currency, cause=cause)


def refund_made(task: RefundTask) -> None:
    """Finance made a transfer back."""
    source, target = accounts.refund(task.pk), accounts.provider(BankTransferGateway.name)
    amount = _balance(source, task.currency)
    _move(f"{task.cause}:made", source, target, amount, currency=task.currency, cause=task.cause)


def taken_back(debit: BankDebit) -> None:
    """Our bank took money that nobody had asked it to send; it is missing until people have settled why."""
    source, target = accounts.taken_back(debit.pk), accounts.provider(BankTransferGateway.name)
    _move(f"{debit.cause}:taken", source, target, debit.amount, currency=debit.currency, cause=debit.cause)


def debit_settled(debit: BankDebit, way: DebitWay, refunds: list[RefundTask]) -> None:
    """What our bank took was for these refunds, or is what the customer of its order owes again."""
    target, cause, currency = accounts.taken_back(debit.pk), debit.cause, debit.currency
    for task in refunds:
        _move(f"{cause}:{task.pk}", accounts.refund(task.pk), target, task.amount, currency=currency, cause=cause)
    if way == DebitWay.OWED:
        source = accounts.owed(debit.order_number)
        _move(f"{cause}:owed", source, target, debit.amount, currency=currency, cause=cause)


def debit_given_up(debit: BankDebit) -> None:
    """What our bank took is lost."""
    source, target = accounts.written_off(debit.cause), accounts.taken_back(debit.pk)
    _move(f"{debit.cause}:written_off", source, target, debit.amount, currency=debit.currency, cause=debit.cause)


def reversal_settled(order: Order, *, cause: str, written_off: bool) -> None:
    """People returned by hand what could not be returned of an order, or gave it up."""
    target = accounts.written_off(order.number) if written_off else accounts.provider(order.payment_method)
    for source in (accounts.sales(order.number), accounts.order(order.number)):
        amount = _balance(source, order.currency)
        _move(f"{cause}:{source}", source, target, amount, currency=order.currency, cause=cause)


def returned_untaken(order: Order) -> Decimal:
    """What came for an order, was never taken, and went back, or finance has to send."""
    back = Q(key__contains=":rest") | Q(key__endswith=":returned")
    rows = JournalEntry.objects.filter(back, source=accounts.order(order.number), currency=order.currency)
    return (rows.aggregate(all=Sum("amount"))["all"] or ZERO).quantize(ZERO)


def taken_of(order: Order) -> Decimal:
    """What has been taken for an order and has not gone back."""
    return _balance(accounts.sales(order.number), order.currency)


def on_account(order: Order) -> Decimal:
    """What has been received for an order and not been taken, nor gone back."""
    return _balance(accounts.order(order.number), order.currency)


def _in_parts(payment: Payment) -> Decimal:
    """What came for an order in parts, and not for this hold."""
    less = parts.matched(payment.order.number).filter(amount__lt=payment.amount)
    return sum((event.amount for event in less), ZERO) if takes_parts(payment.provider) else ZERO


def _balance(account: str, currency: str) -> Decimal:
    return JournalEntry.objects.balance(account, currency)


def _record(payment: Payment, what: str, source: str, target: str, amount: Decimal) -> None:
    cause = payment.cause
    _move(f"{cause}:{what}", source, target, amount, currency=payment.currency, cause=cause)


def _move(key: str, source: str, target: str, amount: Decimal, *, currency: str, cause: str) -> None:
    if amount > 0:
        JournalEntry.record(key=key, source=source, target=target, amount=amount, currency=currency, cause=cause)
