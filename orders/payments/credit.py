"""A customer's credit in the journal: what stands on it, and what of an order was paid with it.

Only the activities of a customer's account move it; see `temporal_app.activities.accounts`.
"""

from decimal import Decimal

from django.conf import settings
from django.db.models import Sum

from orders.models import JournalEntry, Order
from orders.rules import accounts, credit
from orders.rules.accounts import AccountKind
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.totals import ZERO


def balance(customer_id: int) -> Decimal:
    """What is on a customer's account, in the shop's currency."""
    return JournalEntry.objects.balance(accounts.credit(customer_id), settings.CURRENCY)


def used_for(order: Order) -> Decimal:
    """What of an order is paid with credit: what was taken for it and not returned."""
    if order.customer_id is None:
        return ZERO
    mine = accounts.credit(order.customer_id)
    rows = JournalEntry.objects.filter(cause=credit.cause(credit.ORDER, order.number))
    taken = rows.filter(source=mine).aggregate(all=Sum("amount"))["all"] or ZERO
    returned = rows.filter(target=mine).aggregate(all=Sum("amount"))["all"] or ZERO
    return (taken - returned).quantize(ZERO)  # SQLite adds up floating-point numbers


def part_of(order: Order) -> Decimal:
    """What stands on an order's accounts from its customer's credit, where the rest is paid in another way."""
    return ZERO if order.payment_method == credit.METHOD or not order.credit else used_for(order)


def stands_on(order: Order) -> str:
    """The account that the credit of an order comes to, and goes back from: its provider's where all of the order is
    paid with it, otherwise its order's own, whose money may have been taken since."""
    if order.payment_method == credit.METHOD:
        return accounts.provider(credit.METHOD)
    taken = JournalEntry.objects.filter(target=accounts.sales(order.number), key__endswith=":taken:credit").exists()
    return accounts.sales(order.number) if taken else accounts.order(order.number)


def move(
    customer_id: int,
    amount: Decimal,
    *,
    cause: str,
    out: bool,
    key: str,
    left: Decimal | None = None,
    other: str = "",
) -> None:
    """Write an entry of a customer's account, once for each key.

    :param left: how much of this may be put on the account; None where nothing limits that
    :param other: where it comes from or goes to, where its cause alone does not say
    :raises RuleBroken: there is less than that
    """
    mine, other = accounts.credit(customer_id), other or credit.other_side(cause, customer_id=customer_id)
    if out and amount > balance(customer_id):
        raise RuleBroken(Refusal.CREDIT_TOO_LITTLE, balance=balance(customer_id), amount=amount)
    if not out and left is not None and amount > left:
        raise RuleBroken(Refusal.CREDIT_NOT_THERE, left=left, amount=amount)
    source, target = (mine, other) if out else (other, mine)
    JournalEntry.record(key=key, source=source, target=target, amount=amount, currency=settings.CURRENCY, cause=cause)


def transactions(customer_id: int) -> list[tuple[JournalEntry, Decimal]]:
    """Every entry of an account, the newest first, each with the balance that it left."""
    account, stands, rows = accounts.credit(customer_id), ZERO, []
    for entry in JournalEntry.objects.touching(account).filter(currency=settings.CURRENCY).order_by("pk"):
        stands += entry.amount if entry.target == account else -entry.amount
        rows.append((entry, stands))
    return rows[::-1]


def accounts_in_use() -> list[tuple[int, Decimal]]:
    """Every customer who has ever had credit, and how much there is."""
    found = [
        (int(accounts.split(account)[1]), stands)
        for (account, currency), stands in JournalEntry.objects.balances().items()
        if accounts.split(account)[0] == AccountKind.CREDIT and currency == settings.CURRENCY
    ]
    return sorted(found)


def check_credit(customer_id: int | None, amount: Decimal) -> None:
    """Refuse an order that cannot be paid with its customer's credit; the account itself has the last word.

    :raises RuleBroken: a guest, or there is not so much
    """
    if customer_id is None:
        raise RuleBroken(Refusal.UNKNOWN_PAYMENT_METHOD, method=credit.METHOD)
    if amount > (there := balance(customer_id)):
        raise RuleBroken(Refusal.CREDIT_TOO_LITTLE, balance=there, amount=amount)
    if amount > credit.DAILY_LIMIT:
        raise RuleBroken(Refusal.CREDIT_DAILY_LIMIT, limit=credit.DAILY_LIMIT, left=credit.DAILY_LIMIT)
