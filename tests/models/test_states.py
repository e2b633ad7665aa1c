"""Every state changes as its table says, twice without harm, and in no other way."""

from itertools import product

import pytest

from orders.models import (
    Cart,
    CompensationFailure,
    Payment,
    PaymentEvent,
    RefundTask,
    Reservation,
    ReversalDecision,
    SandboxPayment,
    Shipment,
)
from orders.rules import states
from orders.rules.approvals import APPROVAL, LEVEL
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import PaymentEventOutcome, PaymentState
from orders.rules.status import ORDER
from tests.factories.payments import make_payment_event
from tests.factories.rows import make_order

pytestmark = pytest.mark.django_db

TABLES = [ORDER, APPROVAL, LEVEL, *(table for name, table in vars(states).items() if name.isupper())]


def payment(state: PaymentState) -> Payment:
    return Payment.objects.create(
        order=make_order(), provider="sandbox", amount="10.00", currency="EUR", reference="r", state=state
    )


def test_a_payment_moves_on_legally_twice_without_harm_and_never_otherwise(subtests: pytest.Subtests) -> None:
    for state, target in product(PaymentState, repeat=2):
        with subtests.test(state=state, target=target):
            row = payment(state)

            if target in states.PAYMENT.get(state, ()):
                assert [row.move_to(target, reference="new"), row.move_to(target, reference="newer")] == [True, False]
                expected = (target, "new")
            elif target == state:
                assert not row.move_to(target, reference="new")
                expected = (state, "r")
            else:
                with pytest.raises(RuleBroken) as refused:
                    row.move_to(target, reference="new")
                assert refused.value.code == Refusal.ILLEGAL_TRANSITION
                expected = (state, "r")

            row.refresh_from_db()
            assert (row.state, row.reference) == expected


def test_a_row_that_was_read_before_somebody_else_moved_it_does_not_take_that_back() -> None:
    stale = payment(PaymentState.HELD)
    Payment.objects.get().move_to(PaymentState.REFUNDED)

    with pytest.raises(RuleBroken):
        stale.move_to(PaymentState.CAPTURED)

    assert stale.state == PaymentState.REFUNDED


def test_a_payment_event_that_was_dealt_with_is_not_matched_after_all() -> None:
    event = make_payment_event(None)
    event.move_to(PaymentEventOutcome.UNMATCHED, "unknown_order")
    event.move_to(PaymentEventOutcome.RESOLVED, "unknown_order")

    with pytest.raises(RuleBroken):
        event.move_to(PaymentEventOutcome.MATCHED)


def test_every_table_speaks_of_all_states_of_one_kind_and_of_none_that_follows_itself(
    subtests: pytest.Subtests,
) -> None:
    for table in TABLES:
        reached = {state for targets in table.values() for state in targets}
        (kind,) = {type(state) for state in reached.union(table)}
        with subtests.test(kind=kind):
            assert reached.union(table) == set(kind)
            assert all(state not in targets for state, targets in table.items())


def test_a_new_row_is_in_the_first_state_of_its_table(subtests: pytest.Subtests) -> None:
    first = {next(iter(table)) for table in TABLES}
    stateful = (Cart, CompensationFailure, Payment, RefundTask, Reservation, ReversalDecision, SandboxPayment, Shipment)
    for model in (*stateful, PaymentEvent):
        with subtests.test(model=model):
            row = model()

            assert (row.outcome if isinstance(row, PaymentEvent) else row.state) in first
