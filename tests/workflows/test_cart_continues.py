"""A long-lived cart goes on in a new run and forgets nothing."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from orders.models import Cart, Order
from temporal_app import client, connection
from temporal_app.converter import DATA_CONVERTER
from temporal_app.messages import CartItem, CartTotals
from tests.serving import BIN, workers_on
from tests.workflows.at_once import everybody
from tests.workflows.carts import add, start_cart, workflow_of
from tests.workflows.making import ask, eventually, make_contact, make_product, patiently

LONG = 20  # events after which this server suggests to continue as new


@pytest.fixture
def impatient_worker(transactional_db: None) -> Iterator[Client]:
    """A Temporal that finds histories long very soon, with all queues served."""
    environment = asyncio.run(
        WorkflowEnvironment.start_local(
            dev_server_existing_path=str(BIN / "temporal"),
            dev_server_log_level="error",
            dev_server_extra_args=["--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={LONG}"],
            data_converter=DATA_CONVERTER,
        )
    )
    connection.use(environment.client)
    with workers_on(environment.client):
        yield environment.client
    connection.reset()
    asyncio.run(environment.shutdown())


def run_of(cart_id: str) -> str:
    return ask(workflow_of(cart_id).describe()).run_id


@pytest.mark.sqlite
def test_a_request_answered_by_an_earlier_run_is_answered_the_same_by_a_later_one(impatient_worker: Client) -> None:
    make_product(price="10.00")
    cart_id = start_cart()
    first_run = run_of(cart_id)
    answer = add(cart_id, request_id="click-0")

    for click in range(1, 10):
        add(cart_id, request_id=f"click-{click}")
    eventually(lambda: run_of(cart_id) != first_run)
    again = add(cart_id, request_id="click-0")

    assert again == answer == CartTotals(1, Decimal("10.00"))
    assert Cart.objects.get(cart_id=cart_id).items.get().quantity == 10


def test_changes_from_everywhere_at_once_are_all_counted_across_many_runs(impatient_worker: Client) -> None:
    make_product()
    cart_id = start_cart()
    first_run = run_of(cart_id)

    def click(number: int) -> None:
        patiently(client.add_to_cart, cart_id, sku="TEA", quantity=1, request_id=f"click-{number}")

    everybody(click, range(40))

    assert run_of(cart_id) != first_run
    assert Cart.objects.get(cart_id=cart_id).items.get().quantity == 40


def test_a_cart_that_went_on_in_a_new_run_can_be_checked_out_once(impatient_worker: Client) -> None:
    make_product()
    cart_id = start_cart()
    make_contact(cart_id)
    first_run = run_of(cart_id)
    for _click in range(10):
        add(cart_id)
    eventually(lambda: run_of(cart_id) != first_run)

    client.order_again(cart_id, items=[CartItem("TEA", 5)])
    eventually(lambda: Cart.objects.get(cart_id=cart_id).items.get().quantity == 15)
    numbers = {client.check_out(cart_id, payment_method="sandbox", by="customer:guest") for _click in range(2)}

    assert numbers == {Order.objects.get().number}
    assert Order.objects.get().lines.get().quantity == 15
