"""A long-lived cart goes on in a new run and forgets nothing."""

import asyncio
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from orders.models import Cart, Order
from orders.rules.approvals import DAY
from temporal_app import client, connection
from temporal_app.converter import DATA_CONVERTER
from temporal_app.messages import CartItem, CartTotals
from tests.factories.carts import add, start_cart, start_of, workflow_of
from tests.factories.orders import ask, eventually, make_contact
from tests.factories.products import make_product
from tests.serving import BIN, workers_on
from tests.workflows.at_once import everybody

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
        client.add_to_cart(cart_id, sku="TEA", quantity=1, request_id=f"click-{number}")

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


def test_the_last_change_stays_where_it_was_when_a_cart_goes_on_in_a_new_run(impatient_worker: Client) -> None:
    make_product()
    cart_id = start_cart()
    first_run = run_of(cart_id)
    closes_at = {}
    for quantity in range(1, 11):
        add(cart_id)
        closes_at[quantity] = Cart.objects.get(cart_id=cart_id).closes_at.timestamp()
    eventually(lambda: run_of(cart_id) != first_run)

    start = start_of(cart_id)

    closes_now = start.changed_at + start.lifetime_seconds
    assert closes_now == pytest.approx(closes_at[start.items[0].quantity], abs=0.001)


def test_a_run_that_goes_on_counts_the_day_from_the_last_change(worker: Client) -> None:
    cart_id = start_cart(changed_at=time.time() - DAY - 60)

    eventually(lambda: ask(workflow_of(cart_id).describe()).close_time)


def test_of_very_many_requests_the_newest_are_remembered(impatient_worker: Client) -> None:
    make_product()
    cart_id = start_cart(processed={f"long-ago-{number}": CartTotals(1, Decimal("100.00")) for number in range(600)})
    first_run = run_of(cart_id)
    answers = [add(cart_id, request_id=f"click-{click}") for click in range(10)]
    eventually(lambda: run_of(cart_id) != first_run)

    again = [add(cart_id, request_id=f"click-{click}") for click in range(10)]

    assert again == answers
    assert Cart.objects.get(cart_id=cart_id).items.get().quantity == 10
    assert len(start_of(cart_id).processed) == 500
