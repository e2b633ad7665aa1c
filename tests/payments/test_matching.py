"""One way in: each payment is matched once, or lands in front of a person with the reason."""

from itertools import permutations

import pytest
from django.db import transaction
from django.utils import timezone

from orders.models import PaymentEvent
from orders.reconciliation.matching import match_event, reconsider
from orders.rules.states import MismatchReason, PaymentEventOutcome
from orders.rules.status import OrderStatus
from tests.factories.payments import capture, make_payment_event, make_waiting_order

pytestmark = pytest.mark.django_db

MATCHED, REPEATED, EXCEPTION = PaymentEventOutcome.MATCHED, PaymentEventOutcome.REPEATED, PaymentEventOutcome.UNMATCHED


def take(payment_event: PaymentEvent) -> tuple[PaymentEventOutcome, str]:
    with transaction.atomic():
        outcome = match_event(payment_event, timezone.now())
    return outcome, payment_event.reason


def test_the_exact_amount_for_a_waiting_order_is_matched() -> None:
    order = make_waiting_order()

    outcome = take(make_payment_event(order))

    assert outcome == (MATCHED, "")


def test_deciding_again_answers_the_same() -> None:
    payment_event = make_payment_event(make_waiting_order())

    outcomes = {take(payment_event) for _time in range(3)}

    assert outcomes == {(MATCHED, "")}


def test_another_event_about_the_same_payment_is_a_repeat() -> None:
    order = make_waiting_order()
    take(make_payment_event(order))

    before = take(make_payment_event(order))
    capture(order)
    after = take(make_payment_event(order))

    assert (before, after) == ((REPEATED, ""), (REPEATED, ""))


def test_a_word_about_a_card_that_the_shop_charged_itself_is_a_repeat() -> None:
    order = make_waiting_order()
    capture(order)

    assert take(make_payment_event(order)) == (REPEATED, "")


def test_another_payment_for_a_paid_order_is_a_second_one() -> None:
    order = make_waiting_order()
    take(make_payment_event(order))

    before = take(make_payment_event(order, reference="another payment"))
    capture(order)
    after = take(make_payment_event(order, reference="a third payment"))

    assert before == after == (EXCEPTION, MismatchReason.SECOND_PAYMENT)


@pytest.mark.parametrize(
    ("told", "mismatch"),
    [
        ({"amount": "43.91"}, MismatchReason.TOO_MUCH),
        ({"currency": "USD"}, MismatchReason.WRONG_CURRENCY),
    ],
)
def test_what_differs_from_the_order_lands_in_front_of_a_person(told: dict, mismatch: MismatchReason) -> None:
    assert take(make_payment_event(make_waiting_order(), **told)) == (EXCEPTION, mismatch)


def test_an_unknown_order_lands_in_front_of_a_person() -> None:
    assert take(make_payment_event(None)) == (EXCEPTION, MismatchReason.UNKNOWN_ORDER)


def test_money_for_a_cancelled_order_or_one_being_undone_lands_in_front_of_a_person() -> None:
    cancelled, undoing = make_waiting_order(), make_waiting_order()
    cancelled.move_to(OrderStatus.CANCELLED)
    undoing.begin_undo(timezone.now())

    outcomes = {take(make_payment_event(cancelled)), take(make_payment_event(undoing))}

    assert outcomes == {(EXCEPTION, MismatchReason.AFTER_CANCELLATION)}


def test_a_matched_payment_that_its_living_order_has_no_use_for_is_a_second_one() -> None:
    payment_event = make_payment_event(make_waiting_order())
    take(payment_event)

    with transaction.atomic():
        reconsider(payment_event)

    assert (payment_event.outcome, payment_event.reason) == (EXCEPTION, MismatchReason.SECOND_PAYMENT)


def test_a_matched_payment_of_an_order_being_undone_is_one_after_its_cancellation() -> None:
    order = make_waiting_order()
    payment_event = make_payment_event(order)
    take(payment_event)
    order.begin_undo(timezone.now())

    with transaction.atomic():
        reconsider(payment_event)

    assert (payment_event.outcome, payment_event.reason) == (EXCEPTION, MismatchReason.AFTER_CANCELLATION)


def test_a_failed_payment_is_noted_and_another_may_follow() -> None:
    order = make_waiting_order()

    failed, paid = take(make_payment_event(order, status="failed")), take(make_payment_event(order))

    assert (failed, paid) == ((PaymentEventOutcome.REPORTED_FAILED, ""), (MATCHED, ""))


def test_four_events_end_the_same_in_all_24_orders() -> None:
    endings = set()
    for events in permutations(["failed", "paid", "paid again", "too little"]):
        order = make_waiting_order()
        payment_events = {
            "failed": make_payment_event(order, status="failed"),
            "paid": make_payment_event(order),
            "paid again": make_payment_event(order),
            "too little": make_payment_event(order, amount="1.00", reference="odd"),
        }
        for event in events:
            take(payment_events[event])
        rows = PaymentEvent.objects.filter(order_number=order.number)
        endings.add(tuple(sorted(rows.values_list("outcome", flat=True))))

    assert endings == {("matched", "repeated", "reported_failed", "unmatched")}


def test_two_lines_of_a_statement_are_two_payments_whatever_they_refer_to() -> None:
    order = make_waiting_order(payment_method="bank_transfer")
    told = {"provider": "bank_transfer", "by": "statement:1"}

    outcomes = [take(make_payment_event(order, **told)) for _line in range(2)]

    assert outcomes == [(MATCHED, ""), (EXCEPTION, MismatchReason.SECOND_PAYMENT)]


def test_the_line_after_a_persons_word_is_the_money_they_spoke_of_but_a_second_line_is_not() -> None:
    order = make_waiting_order(payment_method="bank_transfer")
    by_hand = take(make_payment_event(order, provider="bank_transfer", by="user:17"))
    capture(order)

    lines = [take(make_payment_event(order, provider="bank_transfer", by="statement:1")) for _line in range(2)]

    assert by_hand == (MATCHED, "")
    assert lines == [(REPEATED, ""), (EXCEPTION, MismatchReason.SECOND_PAYMENT)]


def test_one_payment_reported_by_webhook_check_and_hand_is_one_payment() -> None:
    order = make_waiting_order()
    by = ["webhook:sandbox", "schedule:hourly-payment-batch", "user:17"]

    outcomes = [take(make_payment_event(order, by=who))[0] for who in by]

    assert outcomes == [MATCHED, REPEATED, REPEATED]
