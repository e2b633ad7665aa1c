"""Ends of an order that are not among the `scenarios`: one function an end."""

from temporalio.testing import WorkflowEnvironment

from orders.models import Order, Product, SandboxPayment
from temporal_app import client
from tests.factories.orders import ask, eventually, pay, saga, ship, start_saga, wait_until, write_order
from tests.factories.products import make_product
from tests.factories.unmatched import report
from tests.histories.scenarios import Scenario
from tests.histories.waits import paid, paying


def arrived_as_a_person_says(_environment: WorkflowEnvironment) -> None:
    order = paid()
    ship(order)
    wait_until(order, waiting_for="delivery")
    client.mark_delivered(order.number, by="user:1")
    ask(saga(order).result())


def sold_out(_environment: WorkflowEnvironment) -> None:
    make_product()
    order = write_order()
    Product.objects.update(on_hand=0)
    start_saga(order)
    wait_until(Order.objects.get(number=order.number), status="cancelled")


def cancelled_in_temporal(_environment: WorkflowEnvironment) -> None:
    order = paying()
    ask(saga(order).cancel())
    wait_until(order, status="cancelled")


def lapsed_and_paid_anew(_environment: WorkflowEnvironment) -> None:
    order = paying()
    SandboxPayment.objects.update(state="released")
    report(order, reference=order.payments.get().reference)
    eventually(lambda: order.payments.filter(attempt=2, state="held").exists())
    pay(order)
    wait_until(order, waiting_for="shipment")


ENDS: tuple[Scenario, ...] = (arrived_as_a_person_says, sold_out, cancelled_in_temporal, lapsed_and_paid_anew)
