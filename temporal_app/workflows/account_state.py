"""What a customer's account knows, and what it decides. No Temporal in here: days are given (ISO 8601)."""

from dataclasses import dataclass, replace
from decimal import Decimal

from orders.rules import credit
from orders.rules.totals import ZERO
from temporal_app.messages import AccountEntry, AccountStanding, AccountTransaction, AnsweredEntry

REMEMBERED_ANSWERS = 500
REMEMBERED_TRANSACTIONS = 100


@dataclass(frozen=True)
class AccountState:
    """One account, from run to run: a field that is added later needs a default.

    :param day: the day that `taken` was taken on
    :param transactions: the latest, first to last
    :param answers: the latest, first to last; an entry that is sent again to a later run gets the same answer
    """

    customer_id: int
    balance: Decimal = ZERO
    day: str = ""
    taken: Decimal = ZERO
    transactions: tuple[AccountTransaction, ...] = ()
    answers: tuple[AnsweredEntry, ...] = ()

    def opened(self, standing: AccountStanding, *, day: str) -> "AccountState":
        """The account as the mirror knows it."""
        return replace(self, balance=standing.balance, day=day, taken=standing.taken_today)

    def answer(self, key: str) -> Decimal | None:
        """What the entry of this key was answered, if it was."""
        return next((given.balance for given in self.answers if given.key == key), None)

    def taken_on(self, day: str) -> Decimal:
        """How much was taken on a day."""
        return self.taken if day == self.day else ZERO

    def check(self, entry: AccountEntry, *, out: bool, day: str) -> None:
        """:raises RuleBroken: the entry cannot be made now"""
        if out:
            credit.check_withdrawal(amount=entry.amount, balance=self.balance, taken_today=self.taken_on(day))

    def after(self, entry: AccountEntry, *, out: bool, balance: Decimal, key: str, at: str) -> "AccountState":
        """The account once an entry is written down, which left `balance` on it; `at` begins with the day."""
        day = at[:10]
        amount = -entry.amount if out else entry.amount
        made = AccountTransaction(amount, entry.cause, entry.by, balance, at)
        return replace(
            self,
            balance=balance,
            day=day,
            taken=self.taken_on(day) + (entry.amount if out else ZERO),
            transactions=(*self.transactions, made)[-REMEMBERED_TRANSACTIONS:],
            answers=(*self.answers, AnsweredEntry(key, balance))[-REMEMBERED_ANSWERS:],
        )
