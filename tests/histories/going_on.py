"""What happens while the history of an order is recorded that goes on in new runs."""

from temporalio.testing import WorkflowEnvironment

from orders.rules import actors
from temporal_app import client
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
