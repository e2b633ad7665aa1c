"""A parcel that is booked, and its order is undone: the booking is taken back, or people see to it."""

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from orders.models import Order, ReversalDecision
from orders.shipping.carrier import CarrierError, CarrierRefused, CarrierUnavailable
from temporal_app import client, policies
from tests.factories.orders import let_pass, money_kept, pay, start_order, stock, undone, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.workflows.cancelling import by_signal
from tests.workflows.outside import FOR_GOOD, BusyCarrier, use_carrier

MINUTE = 60
HOUR = 60 * MINUTE


@pytest.fixture
def an_hours_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be undone for other reasons than a refusal is given up after an hour, not a day of attempts."""
    monkeypatch.setattr(policies, "UNDO_PATIENCE", HOUR)


def test_what_a_carrier_refuses_for_good_is_asked_once(worker: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    carrier = BusyCarrier(method="book", error=CarrierRefused)
    use_carrier(monkeypatch, carrier)
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")

    pay(order)
    wait_until(order, status="cancelled")

    assert FOR_GOOD - carrier.left == 1
    assert money_kept(order) == 0


def test_a_carrier_that_refuses_to_take_a_booking_back_is_asked_ten_times(
    skipping_worker: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier = BusyCarrier(method="cancel", error=CarrierRefused, times=9)
    use_carrier(monkeypatch, carrier)
    order = order_to_ship(skipping_worker)

    by_signal(order)
    wait_until(order, status="cancelled", skipping=skipping_worker)

    assert carrier.bookings == set()
    assert not order.compensation_failures.exists()


def test_a_carrier_that_is_away_while_a_booking_is_taken_back_is_waited_for(
    skipping_worker: WorkflowEnvironment, an_hours_patience: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier = BusyCarrier(method="cancel")
    use_carrier(monkeypatch, carrier)
    order = order_to_ship(skipping_worker)

    by_signal(order)
    let_pass(skipping_worker, HOUR - 10 * MINUTE)
    before = order.compensation_failures.count()
    let_pass(skipping_worker, 20 * MINUTE)

    wait_until(order, status="rollback_incomplete", skipping=skipping_worker)
    assert before == 0
    assert order.compensation_failures.get().step == "shipping"


def order_to_ship(skipping: WorkflowEnvironment) -> Order:
    """It is paid, and its parcel is booked."""
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment", skipping=skipping)
    return order


@pytest.mark.parametrize("error", [CarrierRefused, CarrierUnavailable])
def test_goods_whose_parcel_is_not_taken_back_are_at_risk_and_not_back_in_the_stock_but_the_money_goes_back(
    skipping_worker: WorkflowEnvironment,
    an_hours_patience: None,
    monkeypatch: pytest.MonkeyPatch,
    error: type[CarrierError],
) -> None:
    use_carrier(monkeypatch, BusyCarrier(method="cancel", error=error))
    order = order_to_ship(skipping_worker)
    promised = stock()

    by_signal(order)
    let_pass(skipping_worker, HOUR)
    wait_until(order, status="rollback_incomplete", skipping=skipping_worker)

    trouble = order.compensation_failures.get()
    assert (trouble.step, trouble.amount_at_risk, trouble.goods_at_risk) == ("shipping", 0, order.total)
    assert undone(order) == ["refunded"]
    assert (stock(), money_kept(order)) == (promised, 0)
    assert order.reservations.get().state == "held"
    assert order.timeline.get(kind="undo_failed").data["goods"] == str(order.total)


def test_goods_whose_parcel_is_taken_back_after_all_are_in_the_stock_again(
    skipping_worker: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier = BusyCarrier(method="cancel", error=CarrierRefused, times=10)
    use_carrier(monkeypatch, carrier)
    order = order_to_ship(skipping_worker)
    by_signal(order)
    wait_until(order, status="rollback_incomplete", skipping=skipping_worker)

    failure, fritz = order.compensation_failures.get(), make_user("fritz", "finance")
    decision = ReversalDecision.objects.create(failure=failure, action="retry", decided_by=fritz)
    client.retry_compensation(decision.pk)

    wait_until(order, status="cancelled", skipping=skipping_worker)
    assert carrier.bookings == set()
    assert stock() == {"TEA": (1000, 0)}
    assert not order.compensation_failures.open().exists()
