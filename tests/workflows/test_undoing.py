"""Whatever fails on the way, everything done so far is undone, last first; what cannot be comes before people."""

from decimal import Decimal

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from orders.models import Order, Product
from orders.models.catalog import ProductQuerySet
from orders.payments.gateway import ProviderRefused
from orders.rules import actors
from orders.rules.approvals import DAY
from temporal_app import client, policies
from temporal_app.messages import OrderDeadlines
from tests.factories.orders import (
    assert_as_it_began,
    ledger,
    let_pass,
    money_kept,
    order_events,
    pay,
    place_order,
    start_order,
    start_saga,
    stock,
    undone,
    wait_until,
    write_order,
)
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.payments.unreliable import Fault
from tests.serving import no_patience, workers_on
from tests.workflows.outside import BusyCarrier, break_gateway, use_carrier

MINUTE = 60
HOUR = 60 * MINUTE
LOST_OR_NEVER_MADE = pytest.mark.parametrize("fault", [Fault.BEFORE, Fault.AFTER])


@pytest.fixture
def an_hours_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be undone for other reasons than a refusal is given up after an hour, not a day of attempts."""
    monkeypatch.setattr(policies, "UNDO_PATIENCE", HOUR)


def end_of(order: Order) -> dict[str, str]:
    """Why an order ended, as its timeline says."""
    return order.timeline.latest("id").data


def test_a_rejected_order_is_undone_and_says_who_rejected_it_and_why(worker: Client) -> None:
    mia = actors.user(make_user("mia", "manager").pk)
    make_product()
    before = stock()
    order = place_order(("TEA", 3))
    wait_until(order, waiting_for="approval")

    client.decide("order", order.number, role="manager", approved=False, comment="too much", by=mia)
    wait_until(order, status="cancelled")

    assert undone(order) == ["stock_released"]
    assert ledger(order) == []
    assert order.timeline.latest("id").actor == mia
    assert end_of(order) == {"code": "rejected", "reason": "too much"}
    assert_as_it_began(order, before)


def test_an_order_that_nobody_approves_in_time_is_undone(skipping_worker: WorkflowEnvironment) -> None:
    make_user("mia", "manager")
    make_product()
    before = stock()

    order = start_order(("TEA", 3))
    wait_until(order, waiting_for="approval")
    let_pass(skipping_worker, 7 * DAY + 60)
    wait_until(order, status="cancelled")

    assert "approval_expired" in order_events(order)
    assert undone(order) == ["stock_released"]
    assert end_of(order)["code"] == "expired"
    assert_as_it_began(order, before)


@pytest.mark.sqlite
def test_an_order_that_is_not_paid_within_14_days_is_undone(skipping_worker: WorkflowEnvironment) -> None:
    make_product()
    before = stock()
    order = start_order()
    wait_until(order, waiting_for="payment")

    let_pass(skipping_worker, 14 * DAY - 600)
    order.refresh_from_db()
    almost = order.status
    let_pass(skipping_worker, 1200)
    wait_until(order, status="cancelled")

    assert almost == "pending"
    assert undone(order) == ["hold_released", "stock_released"]
    assert end_of(order)["code"] == "payment_deadline"
    assert_as_it_began(order, before)


def test_an_order_whose_goods_went_between_placing_and_reserving_holds_nothing(no_worker_yet: Client) -> None:
    make_product("CUP", on_hand=5)
    make_product("TEA", on_hand=5)
    late = write_order(("CUP", 1), ("TEA", 3))
    Product.objects.filter(sku="TEA").reserve(4)
    before = stock()

    with workers_on(no_worker_yet):
        start_saga(late)
        order = Order.objects.get(number=late.number)
        wait_until(order, status="cancelled")

    assert undone(order) == []
    assert ledger(order) == []
    assert end_of(order)["code"] == "not_enough_stock"
    assert_as_it_began(order, before)


@LOST_OR_NEVER_MADE
def test_a_payment_that_cannot_be_opened_in_time_leaves_nothing_held(
    skipping_worker: WorkflowEnvironment, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_gateway(monkeypatch, "hold", fault=fault)
    make_product()
    before = stock()

    order = start_order(deadlines=OrderDeadlines(payment=HOUR))
    let_pass(skipping_worker, HOUR)
    wait_until(order, status="cancelled", skipping=skipping_worker)

    assert end_of(order)["code"] == "no_answer"
    assert undone(order) == (["stock_released"] if fault == Fault.BEFORE else ["hold_released", "stock_released"])
    assert_as_it_began(order, before)


@LOST_OR_NEVER_MADE
def test_money_that_cannot_be_captured_in_time_is_given_back_whether_or_not_it_was(
    skipping_worker: WorkflowEnvironment, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_gateway(monkeypatch, "capture", fault=fault)
    make_product()
    before = stock()
    order = start_order(deadlines=OrderDeadlines(shipment=HOUR))
    wait_until(order, waiting_for="payment")

    with no_patience():  # it never shows as paid
        pay(order)
    let_pass(skipping_worker, HOUR)
    wait_until(order, status="cancelled", skipping=skipping_worker)

    returned = "hold_released" if fault == Fault.BEFORE else "refunded"
    assert undone(order) == [returned, "stock_released"]
    assert "paid" not in order_events(order)
    assert_as_it_began(order, before)


@LOST_OR_NEVER_MADE
def test_a_parcel_that_cannot_be_booked_in_time_means_a_refund(
    skipping_worker: WorkflowEnvironment, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier = BusyCarrier(fault, "book")
    use_carrier(monkeypatch, carrier)
    make_product()
    before = stock()
    order = start_order(deadlines=OrderDeadlines(shipment=HOUR))
    wait_until(order, waiting_for="payment")

    pay(order)
    let_pass(skipping_worker, HOUR)
    wait_until(order, status="cancelled", skipping=skipping_worker)

    given_back = [] if fault == Fault.BEFORE else ["shipping_cancelled"]
    assert undone(order) == [*given_back, "refunded", "stock_released"]
    assert carrier.bookings == set()
    assert ledger(order) == [("captured", order.total, order.total)]
    assert_as_it_began(order, before)


@pytest.mark.sqlite
def test_an_undo_that_is_refused_ten_times_comes_before_people_with_the_money_at_risk_and_stops_no_other(
    skipping_worker: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = break_gateway(monkeypatch, "release", error=ProviderRefused)
    make_product(price="20.00")
    before = stock()
    order = start_order(("TEA", 2))
    wait_until(order, waiting_for="payment")

    let_pass(skipping_worker, 14 * DAY)
    wait_until(order, status="rollback_incomplete", skipping=skipping_worker)

    order.refresh_from_db()
    trouble = order.compensation_failures.get()
    assert broken.calls == 10
    assert (trouble.step, trouble.amount_at_risk, trouble.currency) == ("payment", Decimal("40.00"), "EUR")
    assert trouble.error == f"ProviderRefused: {Fault.BEFORE}"
    assert undone(order) == ["stock_released"]
    assert order.timeline.get(kind="undo_failed").data == {"step": "payment", "at_risk": "40.00"}
    assert (order.status, stock()) == ("rollback_incomplete", before)
    assert money_kept(order) == Decimal("40.00")
    assert order.notifications.filter(kind="operations_alert", recipient="operations").count() == 1


def test_stock_that_cannot_be_given_back_does_not_keep_the_customers_money(
    skipping_worker: WorkflowEnvironment, an_hours_patience: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_columns: object) -> None:
        raise OSError("the stock cannot be written")

    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")
    monkeypatch.setattr(ProductQuerySet, "release", fail)

    let_pass(skipping_worker, 14 * DAY + 3 * HOUR)
    wait_until(order, status="rollback_incomplete", skipping=skipping_worker)

    order.refresh_from_db()
    assert order.status == "rollback_incomplete"
    assert list(order.compensation_failures.values_list("step", "amount_at_risk")) == [("stock", 0)]
    assert undone(order) == ["hold_released"]
    assert money_kept(order) == 0
