"""Whatever goes wrong between the shop and a provider, however often: one charge, or a clean failure."""

from itertools import product

import pytest

from orders.payments.gateway import ProviderState, ProviderUnavailable, idempotency_key
from tests.payments.contract import TOTAL, Books, Provider, capture, hold, insist, pay
from tests.payments.unreliable import Fault

# a few times with every `make test`, twenty with `make faults`
TIMES = pytest.mark.parametrize("times", [3, pytest.param(20, marks=pytest.mark.faults)])


def number_of(order: int) -> str:
    return f"ORD-2026-{order:06d}"


@TIMES
@pytest.mark.parametrize("method", ["hold", "charge", "capture", "refund"])
def test_a_call_that_goes_wrong_and_is_repeated_moves_the_money_once(
    provider: Provider, method: str, times: int, subtests: pytest.Subtests
) -> None:
    for order, (fault, time) in enumerate(product(Fault, range(times))):
        with subtests.test(fault=fault, time=time):
            number = number_of(order)
            gateway = provider.unreliable(fault, method, times=1 + time % 3)

            reference = hold(gateway, number).reference
            pay(provider, gateway, reference, number)
            capture(gateway, reference, number)
            insist(gateway.refund, reference=reference, amount=TOTAL, key=idempotency_key(number, "refund"))

            assert provider.books(number) == Books(payments=1, captured=TOTAL, refunded=TOTAL)


@TIMES
def test_a_release_that_goes_wrong_and_is_repeated_leaves_nothing_held(
    provider: Provider, times: int, subtests: pytest.Subtests
) -> None:
    for order, (fault, time) in enumerate(product(Fault, range(times))):
        with subtests.test(fault=fault, time=time):
            number = number_of(order)
            gateway = provider.unreliable(fault, "release", times=1 + time % 3)
            reference = hold(gateway, number).reference
            pay(provider, gateway, reference, number)

            insist(gateway.release, reference=reference, key=idempotency_key(number, "release"))

            assert gateway.status(reference=reference).state == ProviderState.RELEASED
            assert provider.books(number) == Books(payments=1)


@TIMES
def test_a_question_that_goes_wrong_changes_nothing(provider: Provider, times: int, subtests: pytest.Subtests) -> None:
    for order, (method, fault, time) in enumerate(product(("status", "statuses", "find"), Fault, range(times))):
        with subtests.test(method=method, fault=fault, time=time):
            number = number_of(order)
            reference = hold(provider.gateway(), number).reference
            gateway = provider.unreliable(fault, method)
            questions = {
                "status": {"reference": reference},
                "statuses": {"references": [reference]},
                "find": {"order_number": number, "key": idempotency_key(number, "hold")},
            }

            with pytest.raises(ProviderUnavailable):
                getattr(gateway, method)(**questions[method])
            answer = getattr(gateway, method)(**questions[method])

            assert answer
            assert provider.books(number) == Books(payments=1)


@TIMES
def test_a_hold_given_up_after_it_went_wrong_is_found_and_released(
    provider: Provider, times: int, subtests: pytest.Subtests
) -> None:
    for order, (fault, time) in enumerate(product(Fault, range(times))):
        with subtests.test(fault=fault, time=time):
            number = number_of(order)
            key = idempotency_key(number, "hold")
            broken = provider.unreliable(fault, "hold", times=9)

            with pytest.raises(ProviderUnavailable):
                broken.hold(order_number=number, amount=TOTAL, currency="EUR", key=key)
            lost = provider.gateway().find(order_number=number, key=key)
            if lost:
                provider.gateway().release(reference=lost.reference, key=idempotency_key(number, "release"))

            assert provider.books(number).payments == (1 if lost else 0)
            assert lost is None or provider.gateway().status(reference=lost.reference).state == ProviderState.RELEASED
