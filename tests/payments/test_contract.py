"""What every payment provider must do, whichever it is."""

from decimal import Decimal

import pytest

from orders.payments.gateway import (
    Declined,
    ProviderRefused,
    ProviderState,
    UnknownPayment,
    idempotency_key,
)
from tests.payments.contract import NUMBER, TOTAL, Books, Provider, capture, hold, pay


@pytest.fixture
def captured(provider: Provider) -> str:
    """The reference of a captured payment."""
    gateway = provider.gateway()
    reference = hold(gateway).reference
    pay(provider, gateway, reference)
    capture(gateway, reference)
    return reference


def test_a_payment_goes_from_hold_to_capture_to_refund(provider: Provider) -> None:
    gateway, states = provider.gateway(), []

    reference = hold(gateway).reference
    states.append(gateway.status(reference=reference).state)
    pay(provider, gateway, reference)
    states.append(gateway.status(reference=reference).state)
    capture(gateway, reference)
    states.append(gateway.status(reference=reference).state)
    gateway.refund(reference=reference, amount=TOTAL, key=idempotency_key(NUMBER, "refund"))
    states.append(gateway.status(reference=reference).state)

    assert states == [
        ProviderState.OPEN,
        ProviderState.AUTHORISED,
        ProviderState.CAPTURED,
        ProviderState.REFUNDED,
    ]
    assert provider.books(NUMBER) == Books(payments=1, captured=TOTAL, refunded=TOTAL)


def test_a_hold_says_what_was_held(provider: Provider) -> None:
    opened = hold(provider.gateway())

    status = provider.gateway().status(reference=opened.reference)

    assert (opened.amount, opened.currency) == (TOTAL, "EUR")
    assert (status.amount, status.currency, status.captured, status.refunded) == (TOTAL, "EUR", 0, 0)


def test_a_payment_can_be_released_before_and_after_the_customer_paid(provider: Provider) -> None:
    gateway = provider.gateway()
    unpaid, paid = hold(gateway, "ORD-2026-000001").reference, hold(gateway, "ORD-2026-000002").reference
    pay(provider, gateway, paid, "ORD-2026-000002")

    for reference in (unpaid, paid):
        gateway.release(reference=reference, key=f"{reference}:release:1")

    assert {gateway.status(reference=r).state for r in (unpaid, paid)} == {ProviderState.RELEASED}


def test_releasing_again_or_what_was_never_held_is_fine(provider: Provider) -> None:
    gateway = provider.gateway()
    reference = hold(gateway).reference

    for attempt in (1, 2):
        gateway.release(reference=reference, key=idempotency_key(NUMBER, "release", attempt))
    gateway.release(reference="pi_never_was", key=idempotency_key(NUMBER, "release", 3))

    assert gateway.status(reference=reference).state == ProviderState.RELEASED


def test_the_same_call_under_the_same_key_has_one_effect_and_one_answer(provider: Provider) -> None:
    gateway = provider.gateway()

    holds = {hold(gateway).reference for _time in range(3)}
    pay(provider, gateway, *holds)
    captures = {capture(gateway, *holds) for _time in range(3)}
    key = idempotency_key(NUMBER, "refund")
    refunds = {gateway.refund(reference=min(holds), amount=Decimal("10.00"), key=key) for _time in range(3)}

    assert (len(holds), len(captures), len(refunds)) == (1, 1, 1)
    assert provider.books(NUMBER) == Books(payments=1, captured=TOTAL, refunded=Decimal("10.00"))


def test_the_same_key_with_other_parameters_is_refused(provider: Provider) -> None:
    gateway = provider.gateway()
    hold(gateway)

    with pytest.raises(ProviderRefused):
        gateway.hold(order_number=NUMBER, amount=TOTAL + 1, currency="EUR", key=idempotency_key(NUMBER, "hold"))

    assert provider.books(NUMBER).payments == 1


def test_capturing_twice_is_refused(provider: Provider, captured: str) -> None:
    with pytest.raises(ProviderRefused):
        provider.gateway().capture(reference=captured, amount=TOTAL, key=idempotency_key(NUMBER, "capture", 2))

    assert provider.books(NUMBER).captured == TOTAL


def test_capturing_more_than_was_held_is_refused(provider: Provider) -> None:
    gateway = provider.gateway()
    reference = hold(gateway).reference
    pay(provider, gateway, reference)

    with pytest.raises(ProviderRefused):
        gateway.capture(reference=reference, amount=TOTAL + 1, key=idempotency_key(NUMBER, "capture"))

    assert provider.books(NUMBER).captured == 0


def test_capturing_what_was_released_is_refused(provider: Provider) -> None:
    gateway = provider.gateway()
    reference = hold(gateway).reference
    gateway.release(reference=reference, key=idempotency_key(NUMBER, "release"))

    with pytest.raises(ProviderRefused):
        capture(gateway, reference)


def test_releasing_what_was_captured_is_refused(provider: Provider, captured: str) -> None:
    with pytest.raises(ProviderRefused):
        provider.gateway().release(reference=captured, key=idempotency_key(NUMBER, "release"))

    assert provider.gateway().status(reference=captured).state == ProviderState.CAPTURED


def test_refunding_more_than_was_captured_is_refused_also_in_parts(provider: Provider, captured: str) -> None:
    gateway = provider.gateway()
    gateway.refund(reference=captured, amount=TOTAL - 1, key=idempotency_key(NUMBER, "refund", 1))

    with pytest.raises(ProviderRefused):
        gateway.refund(reference=captured, amount=Decimal("1.01"), key=idempotency_key(NUMBER, "refund", 2))

    assert provider.books(NUMBER).refunded == TOTAL - 1


def test_refunding_what_was_never_captured_is_refused(provider: Provider) -> None:
    gateway = provider.gateway()
    reference = hold(gateway).reference

    with pytest.raises(ProviderRefused):
        gateway.refund(reference=reference, amount=TOTAL, key=idempotency_key(NUMBER, "refund"))


def test_a_payment_nobody_knows_is_refused_as_unknown(provider: Provider) -> None:
    with pytest.raises(UnknownPayment):
        provider.gateway().status(reference="pi_never_was")
    with pytest.raises(UnknownPayment):
        provider.gateway().capture(reference="pi_never_was", amount=TOTAL, key="ORD-2026-000009:capture:1")


def test_many_payments_are_told_of_at_once_and_unknown_ones_left_out(provider: Provider) -> None:
    gateway = provider.gateway()
    references = [hold(gateway, f"ORD-2026-{number:06d}").reference for number in range(3)]
    pay(provider, gateway, references[1], "ORD-2026-000001")

    found = gateway.statuses(references=[*references, "pi_never_was"])

    assert {reference: found[reference].state for reference in found} == {
        references[0]: ProviderState.OPEN,
        references[1]: ProviderState.AUTHORISED,
        references[2]: ProviderState.OPEN,
    }
    assert gateway.statuses(references=[]) == {}


def test_a_hold_whose_answer_was_lost_is_found_by_order_and_key(provider: Provider) -> None:
    gateway = provider.gateway()
    opened = hold(gateway)

    found = gateway.find(order_number=NUMBER, key=idempotency_key(NUMBER, "hold"))
    nothing = gateway.find(order_number=NUMBER, key=idempotency_key(NUMBER, "hold", 2))

    assert (found, nothing) == (opened, None)


def test_a_declined_card_charges_nothing_and_another_one_may_follow(provider: Provider) -> None:
    if not provider.takes_cards:
        return
    gateway = provider.gateway()
    reference = hold(gateway).reference

    for _time in range(2):
        with pytest.raises(Declined):
            gateway.charge(reference=reference, amount=TOTAL, card_token="tok_declined_card", key=f"{NUMBER}:charge:1")
    state = gateway.status(reference=reference).state
    gateway.charge(reference=reference, amount=TOTAL, card_token="tok_chargeable_visa", key=f"{NUMBER}:charge:2")

    assert state == ProviderState.OPEN
    assert gateway.status(reference=reference).state == ProviderState.AUTHORISED


def test_a_card_pays_exactly_what_was_held(provider: Provider) -> None:
    gateway = provider.gateway()
    reference = hold(gateway).reference

    with pytest.raises(ProviderRefused):
        gateway.charge(
            reference=reference, amount=TOTAL - 1, card_token="tok_chargeable_visa", key=f"{NUMBER}:charge:1"
        )

    assert gateway.status(reference=reference).state == ProviderState.OPEN
