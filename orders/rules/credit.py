"""What may be put on a customer's credit and taken from it, and where that comes from or goes to."""

import re
from decimal import Decimal

from orders.rules import accounts, actors
from orders.rules.limits import TOTAL
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.totals import ZERO

METHOD = "credit"  # the payment method of orders that are paid with it
DAILY_LIMIT = Decimal("10000.00")
# A cause names a row: `order-ORD-2026-000123`, `payment_event-17`, `credit_adjustment-3`.
ORDER, PAYMENT_EVENT, ADJUSTMENT = "order", "payment_event", "credit_adjustment"
_CAUSE = re.compile(r"[a-z][a-z_]*-[A-Za-z0-9][A-Za-z0-9-]*")
_LONGEST_CAUSE = 60


def cause(kind: str, which: object) -> str:
    """How a cause is written."""
    return f"{kind}-{which}"


def split(cause: str) -> tuple[str, str]:
    """The kind of a cause, and which: `order-ORD-2026-000123` is `("order", "ORD-2026-000123")`."""
    kind, _dash, which = cause.partition("-")
    return kind, which


def check_entry(*, customer_id: int, amount: Decimal, cause: str, by: str) -> None:
    """Refuse what can be neither put on an account nor taken from it.

    :raises RuleBroken: no amount in whole cents, no cause, or somebody of the staff at their own account
    """
    if not ZERO < amount <= TOTAL or amount != amount.quantize(ZERO):
        raise RuleBroken(Refusal.NOT_AN_AMOUNT, limit=TOTAL)
    if len(cause) > _LONGEST_CAUSE or not _CAUSE.fullmatch(cause):
        raise RuleBroken(Refusal.NOT_A_CAUSE)
    if actors.user_id(by) == customer_id:
        raise RuleBroken(Refusal.OWN_CREDIT)


def check_withdrawal(*, amount: Decimal, balance: Decimal, taken_today: Decimal) -> None:
    """Refuse to take more than there is, or than may be taken in a day.

    :raises RuleBroken: there is less on the account, or the day's limit would be passed
    """
    if amount > balance:
        raise RuleBroken(Refusal.CREDIT_TOO_LITTLE, balance=balance, amount=amount)
    if taken_today + amount > DAILY_LIMIT:
        raise RuleBroken(Refusal.CREDIT_DAILY_LIMIT, limit=DAILY_LIMIT, left=max(ZERO, DAILY_LIMIT - taken_today))


def check_part(part: Decimal, *, total: Decimal) -> None:
    """Refuse to pay an order partly with this much.

    :raises RuleBroken: no amount in whole cents, or nothing is left to be paid in another way
    """
    if part >= total:
        raise RuleBroken(Refusal.CREDIT_EXCEEDS_TOTAL, credit=part)
    if part <= ZERO or part != part.quantize(ZERO):
        raise RuleBroken(Refusal.NOT_AN_AMOUNT, limit=total)


def other_side(cause: str, *, customer_id: int) -> str:
    """The account of the journal that credit comes from, or goes to, for this cause."""
    kind, which = split(cause)
    if kind == ORDER:
        return accounts.provider(METHOD)
    if kind == PAYMENT_EVENT:
        return accounts.unmatched(int(which)) if which.isdecimal() else ""
    return accounts.goodwill(customer_id)
