"""The batch: one call a page, every order once, no long history, however many there are."""

import threading
from decimal import Decimal

import pytest
from temporalio.client import Client

from orders.models import PaymentCheck, PaymentEvent, SandboxPayment
from temporal_app.messages import BatchInput
from temporal_app.messages.payment_checks import EVENTS_PER_RUN
from tests.factories.waiting import make_waiting
from tests.payment_checks.asking import (
    check_all,
    heard,
    query,
    runs_of,
    start_batch,
    start_silent_sagas,
    wait_for_progress,
)
from tests.payment_checks.counting import Asked, counting


@pytest.fixture
def asked():
    with counting() as provider:
        yield provider


@pytest.mark.parametrize(("count", "calls"), [(1, 1), (100, 1), (101, 2), (1_000, 10)])
def test_open_orders_are_asked_about_in_pages_of_a_hundred(worker: Client, asked: Asked, count: int, calls: int):
    numbers = make_waiting(count)

    totals = check_all(worker)

    assert asked.calls == calls
    assert sorted(asked.references) == sorted(f"r_{number}" for number in numbers)
    assert (totals.processed, totals.paid, totals.batches) == (count, 0, calls)


def test_no_open_order_is_no_call(worker: Client, asked: Asked):
    totals = check_all(worker)

    assert (asked.calls, totals.processed) == (0, 0)


def test_sagas_hear_of_their_money_once_and_that_of_the_ended_is_put_before_a_person(worker: Client, asked: Asked):
    numbers = make_waiting(120, paid=50)
    start_silent_sagas(worker, numbers[:40])  # of the last ten nobody hears any more

    totals = check_all(worker)

    assert (asked.calls, totals.processed, totals.paid) == (2, 120, 50)
    assert heard(worker, numbers[:40:4]) == [1] * 10
    assert PaymentEvent.objects.filter(outcome="matched").count() == 40
    assert PaymentEvent.objects.filter(outcome="unmatched", reason="second_payment").count() == 10
    check = PaymentCheck.objects.get()
    assert (check.expected, check.processed, check.paid, check.percent) == (120, 120, 50, 100)


def test_no_history_grows_long_when_everybody_has_paid_and_each_saga_hears_it_once(worker: Client, asked: Asked):
    numbers = make_waiting(100, paid=100)
    start_silent_sagas(worker, numbers)

    totals = check_all(worker)
    (length,) = runs_of(worker)

    assert (asked.calls, totals.paid) == (1, 100)
    assert heard(worker, numbers[::5]) == [1] * 20
    # what one page adds at most still fits when a run goes on to another page just before it is long enough
    assert EVENTS_PER_RUN + length <= 2_000
    again = check_all(worker, BatchInput(page_size=20, events_per_run=60))
    assert again.paid == 100  # the sagas have not moved on: they hear it again, and it is one payment all the same
    assert PaymentEvent.objects.count() == 100
    assert len(runs_of(worker)) > 1


def test_totals_are_kept_and_progress_is_told_when_the_work_goes_on_in_another_run(worker: Client, asked: Asked):
    make_waiting(60)
    seen: list[int] = []
    start_batch(worker, BatchInput(page_size=5, pages_per_run=2))

    waiter = threading.Thread(target=lambda: seen.append(wait_for_progress(worker, 60)))
    waiter.start()
    waiter.join(20)
    data = query(worker, "get_dashboard_data")

    assert seen == [60]
    assert len(runs_of(worker)) == 6 + 1
    assert (data["processed"], data["current_batch"], data["expected"]) == (60, 12, 60)
    assert data["average_seconds"] > 0
    assert data["estimated_completion"]


def test_what_failed_and_what_the_provider_has_given_up_is_recorded(worker: Client, asked: Asked):
    numbers = make_waiting(4)
    for number, state in zip(numbers, ["failed", "released", "open", "open"], strict=True):
        SandboxPayment.objects.filter(order_number=number).update(state=state)
    SandboxPayment.objects.filter(order_number=numbers[3]).delete()

    totals = check_all(worker)
    check_all(worker)

    assert (totals.processed, totals.failed, totals.paid) == (4, 1, 0)
    payment_events = PaymentEvent.objects.order_by("order_number").values_list(
        "order_number", "outcome", "reason", "amount"
    )
    assert list(payment_events) == [
        (numbers[0], "reported_failed", "", Decimal("43.90")),
        (numbers[1], "unmatched", "provider_disagrees", Decimal("43.90")),
        (numbers[3], "unmatched", "provider_disagrees", Decimal("43.90")),
    ]
