"""A cancellation is heard whenever it comes, also in the moments between two steps."""

import time

import pytest
from temporalio.client import Client

from orders.models import Order
from temporal_app.messages import PaymentConfirmation
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.factories.orders import ask, ledger, money_kept, saga, start_order, stock, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.workflows.cancelling import by_signal
from tests.workflows.outside import BusyCarrier, use_carrier

MOMENTS = 16
STEP = 0.012  # seconds: the moments cover everything that an order goes through without waiting for anybody

pytestmark = pytest.mark.faults


def confirm(order: Order) -> None:
    confirmation = PaymentConfirmation("transfer-1", order.total, "webhook:sandbox")
    ask(saga(order).signal(OrderSagaWorkflow.confirm_payment, confirmation))


def test_an_order_that_rushes_through_its_steps_can_be_cancelled_in_any_moment(
    worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier = BusyCarrier()
    use_carrier(monkeypatch, carrier)
    make_product()
    before = stock()

    orders = []
    for moment in range(MOMENTS):
        orders.append(start_order())
        confirm(orders[-1])
        time.sleep(moment * STEP)
        by_signal(orders[-1])

    for order in orders:
        wait_until(order, status="cancelled")
    assert stock() == before
    assert carrier.bookings == set()
    assert {money_kept(order) for order in orders} == {0}
    assert len({tuple(ledger(order)) for order in orders}) > 1, "they were all cancelled in the same step"


def test_an_order_that_goes_into_approval_can_be_cancelled_in_any_moment(worker: Client) -> None:
    make_user("mia", "manager")
    make_product(price="300.00")
    before = stock()

    orders = []
    for moment in range(MOMENTS):
        orders.append(start_order())
        time.sleep(moment * STEP / 2)
        by_signal(orders[-1])

    for order in orders:
        wait_until(order, status="cancelled")
    assert stock() == before
