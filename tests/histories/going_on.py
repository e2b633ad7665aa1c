"""What happens while the history of an order, or of a customer's account, is recorded that goes on in new runs."""

from contextlib import suppress

from temporalio.testing import WorkflowEnvironment

from orders.rules import actors
from temporal_app import client
from temporal_app.client.errors import Refused
from tests.factories.accounts import deposit, make_customer, withdraw
from tests.factories.orders import ask, pay, place_order, saga, ship, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product


def order_that_goes_on(_environment: WorkflowEnvironment) -> None:
    mia = actors.user(make_user("mia", "manager").pk)
    make_product(price="300.00")
    order = place_order()
    wait_until(order, waiting_for="approval")
    for language in ("de", "en"):
        client.set_language(order.number, language)
    client.decide("order", order.number, role="manager", approved=True, by=mia)
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")
    ship(order)
    wait_until(order, waiting_for="delivery")
    client.mark_delivered(order.number, by="user:1")
    assert ask(saga(order).result()) == "delivered"


def account_that_goes_on(_environment: WorkflowEnvironment) -> None:
    carla = make_customer(credit="20.00")
    deposit(carla, "5.00", id="once")
    withdraw(carla, "7.50")
    with suppress(Refused):
        withdraw(carla, "70.00")
    with suppress(Refused):
        deposit(carla, "1.00", cause="order-ORD-2026-000001")  # there is no such order
    deposit(carla, "5.00", id="once")
    withdraw(carla, "0.50")
    withdraw(carla, "0.50")
