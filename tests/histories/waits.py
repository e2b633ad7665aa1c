"""Where an order may be when the worker is replaced by a newer one: one function a wait. Recorded while it lasts."""

from collections.abc import Callable

import pytest

from orders.models import Order
from orders.rules import actors
from temporal_app import client
from temporal_app.client import inspect_order
from tests.factories.carts import add, start_cart
from tests.factories.orders import eventually, pay, ship, start_order, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.histories.scenarios import GUEST
from tests.payments.unreliable import Fault
from tests.serving import no_patience
from tests.workflows.outside import BusyCarrier, break_gateway, use_carrier


def cart_waits(_monkeypatch: pytest.MonkeyPatch) -> None:
    make_product()
    add(start_cart())


def approval_waits(_monkeypatch: pytest.MonkeyPatch) -> None:
    make_user("mia", "manager")
    make_product(price="300.00")
    wait_until(start_order(), waiting_for="approval")


def second_approval_waits(_monkeypatch: pytest.MonkeyPatch) -> None:
    mia, _dora = make_user("mia", "manager"), make_user("dora", "director")
    make_product(price="2000.00")
    order = start_order()
    wait_until(order, waiting_for="approval")
    client.decide("order", order.number, role="manager", approved=True, by=actors.user(mia.pk))


def hold_waits_for_its_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    make_product()
    break_gateway(monkeypatch, "hold")
    fails(start_order())


def payment_waits(_monkeypatch: pytest.MonkeyPatch) -> None:
    paying()


def payment_of_a_changed_order_waits(_monkeypatch: pytest.MonkeyPatch) -> None:
    order = paying()
    client.add_order_item(order.number, sku="TEA", quantity=1, by=GUEST)
    eventually(lambda: order.payments.filter(attempt=2, state="held").exists())
    wait_until(order, waiting_for="payment")


def capture_waits_for_its_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    order = paying()
    break_gateway(monkeypatch, "capture")
    pay(order)
    fails(order)


def booking_waits_for_its_carrier(monkeypatch: pytest.MonkeyPatch) -> None:
    order = paying()
    use_carrier(monkeypatch, BusyCarrier(Fault.BEFORE, "book"))
    pay(order)
    fails(order)


def shipment_waits(_monkeypatch: pytest.MonkeyPatch) -> None:
    paid()


def delivery_waits(_monkeypatch: pytest.MonkeyPatch) -> None:
    order = paid()
    ship(order)
    wait_until(order, waiting_for="delivery")


def undo_waits_for_its_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    order = paid()
    break_gateway(monkeypatch, "refund")
    with no_patience():
        client.cancel_order(order.number, reason="changed_mind", by=GUEST)
    fails(order)


def paying() -> Order:
    """An order that waits for its money."""
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")
    return order


def paid() -> Order:
    """An order that waits to be shipped."""
    order = paying()
    pay(order)
    wait_until(order, waiting_for="shipment")
    return order


def fails(order: Order) -> None:
    """Wait until a step of the order has failed, and is tried again."""
    eventually(lambda: any(one.attempt > 1 for one in inspect_order(order.number).activities))


WAITS: tuple[Callable[[pytest.MonkeyPatch], None], ...] = (
    cart_waits,
    approval_waits,
    second_approval_waits,
    hold_waits_for_its_provider,
    payment_waits,
    payment_of_a_changed_order_waits,
    capture_waits_for_its_provider,
    booking_waits_for_its_carrier,
    shipment_waits,
    delivery_waits,
    undo_waits_for_its_provider,
)
