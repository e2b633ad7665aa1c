"""The same call many times at once, as a retry that overtakes its first try: one effect, one answer."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from django.db import connections

from orders.payments import gateway_for
from orders.payments.gateway import ProviderRefused
from tests.payments.contract import NUMBER, TOTAL, Books, capture, hold, insist, pay
from tests.payments.providers import Bank, Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 12


def at_once(call: Callable[[int], Any]) -> set:
    """What a call answers to twelve threads."""

    def in_thread(number: int) -> Any:
        try:
            return call(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return set(threads.map(in_thread, range(AT_ONCE)))


@pytest.mark.parametrize("provider", [Sandbox(), Bank()], ids=["sandbox", "bank_transfer"])
def test_one_payment_is_opened_captured_and_refunded_once(provider: Sandbox | Bank) -> None:
    gateway = provider.gateway()

    holds = at_once(lambda _number: hold(gateway).reference)
    pay(provider, gateway, *holds)
    captures = at_once(lambda _number: capture(gateway, *holds))
    key = f"{NUMBER}:refund:1"
    refunds = at_once(lambda _number: insist(gateway.refund, reference=min(holds), amount=TOTAL, key=key))

    assert (len(holds), len(captures), len(refunds)) == (1, 1, 1)
    assert provider.books(NUMBER) == Books(payments=1, captured=TOTAL, refunded=TOTAL)


def test_refunds_of_all_under_different_keys_give_the_money_back_once() -> None:
    provider, gateway = Sandbox(), gateway_for("sandbox")
    reference = hold(gateway).reference
    pay(provider, gateway, reference)
    capture(gateway, reference)

    def refund(number: int) -> bool:
        with suppress(ProviderRefused):
            gateway.refund(reference=reference, amount=TOTAL, key=f"{NUMBER}:refund:{number}")
            return True
        return False

    outcomes = at_once(refund)

    assert outcomes == {True, False}
    assert provider.books(NUMBER).refunded == TOTAL
