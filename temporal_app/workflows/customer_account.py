"""A customer's credit: what is put on it and taken from it, one entry after the other."""

import asyncio
from decimal import Decimal

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from orders.rules import credit
    from orders.rules.refusals import Refusal, RuleBroken
    from temporal_app import policies
    from temporal_app.activities import accounts
    from temporal_app.failures import refusing
    from temporal_app.messages import AccountEntry, AccountMovement, AccountTransaction
    from temporal_app.workflows import steps
    from temporal_app.workflows.account_state import AccountState
    from temporal_app.workflows.updates import update_key


@workflow.defn
class CustomerAccountWorkflow:
    """Keeps one customer's account for good; it is the one writer of what stands on it.

    It begins with the first entry, from what the mirror knows. Whatever awaits while it changes something holds the
    lock, so that no two entries see the same balance.
    """

    @workflow.init
    def __init__(self, account: int | AccountState) -> None:
        self._is_open = isinstance(account, AccountState)
        self._state = account if isinstance(account, AccountState) else AccountState(account)
        self._lock = asyncio.Lock()
        self._taken = 0  # updates of this run
        self._is_long, self._is_known = False, True

    @workflow.run
    async def run(self, account: int | AccountState) -> None:
        """Keep the account of a customer, by id, or one that an earlier run has kept; ends only where there is none."""
        if not self._is_open:
            await self._open()
        await workflow.wait_condition(self._may_end)
        if self._is_known:
            workflow.continue_as_new(self._state)

    async def _open(self) -> None:
        async with self._lock:
            standing = await steps.record(accounts.look_up_account, self._state.customer_id)
            self._state = self._state.opened(standing, day=_now()[:10])
            self._is_known, self._is_open = standing.is_known, True

    # What people and machines say

    @workflow.update
    async def deposit(self, entry: AccountEntry) -> Decimal:
        """Put an amount on the account; returns what is on it then. Sent again, it is answered the same."""
        return await self._enter(entry, out=False)

    @deposit.validator
    def check_deposit(self, entry: AccountEntry) -> None:
        """An amount in whole cents, for a cause."""
        self._check(entry, out=False)

    @workflow.update
    async def withdraw(self, entry: AccountEntry) -> Decimal:
        """Take an amount from the account; returns what is left. Sent again, it is answered the same."""
        return await self._enter(entry, out=True)

    @withdraw.validator
    def check_withdraw(self, entry: AccountEntry) -> None:
        """An amount in whole cents, for a cause; no more than there is, and than may be taken in a day."""
        self._check(entry, out=True)

    def _check(self, entry: AccountEntry, *, out: bool) -> None:
        if self._state.answer(update_key()) is not None:
            return
        with refusing():
            if self._is_long:  # the next run is about to begin, and takes it
                raise RuleBroken(Refusal.ASK_AGAIN)
            if not self._is_known:
                raise RuleBroken(Refusal.UNKNOWN_CUSTOMER, customer=self._state.customer_id)
            customer_id = self._state.customer_id
            credit.check_entry(customer_id=customer_id, amount=entry.amount, cause=entry.cause, by=entry.by)
            if self._is_open:
                self._state.check(entry, out=out, day=_now()[:10])

    async def _enter(self, entry: AccountEntry, *, out: bool) -> Decimal:
        """Check again under the lock, write the entry down, and only then count it."""
        key = update_key()
        self._count()
        await workflow.wait_condition(lambda: self._is_open)
        async with self._lock:
            answered = self._state.answer(key)
            if answered is not None:
                return answered
            with refusing():
                if not self._is_known:
                    raise RuleBroken(Refusal.UNKNOWN_CUSTOMER, customer=self._state.customer_id)
                self._state.check(entry, out=out, day=_now()[:10])
            movement = AccountMovement(self._state.customer_id, entry, out, key)
            try:
                balance = await steps.record_durably(accounts.record_movement, movement)
            except ActivityError as refused:
                raise refused.cause or refused from refused
            self._state = self._state.after(entry, out=out, balance=balance, key=key, at=_now())
            return balance

    # Queries

    @workflow.query
    def get_balance(self) -> Decimal:
        """What is on the account."""
        return self._state.balance

    @workflow.query
    def get_transactions(self, limit: int) -> list[AccountTransaction]:
        """The latest entries, the newest first; at most as many as are remembered."""
        return list(reversed(self._state.transactions))[: max(0, limit)]

    # When a run has become long

    def _count(self) -> None:
        """Look whether this run had better end. Here, where an entry is taken: the server drops a workflow task that
        does nothing but refuse an update, and a run that found out in one could not end."""
        self._taken += 1
        suggested = workflow.info().is_continue_as_new_suggested()
        self._is_long = self._is_long or suggested or self._taken >= policies.MOST_UPDATES

    def _may_end(self) -> bool:
        at_rest = workflow.all_handlers_finished() and not self._lock.locked()
        return at_rest and (self._is_long or not self._is_known)


def _now() -> str:
    return workflow.now().isoformat(timespec="seconds")
