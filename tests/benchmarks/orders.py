"""What an order costs, counted, and how close it comes to Temporal's own floor, side by side: `make bench`.

Counts are the same on every machine. Seconds are not, so orders and sagas that do nothing are carried in turns, by the
same worker and server, and only their ratio is worth keeping.
"""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from django.test import Client as Browser
from temporalio.client import Client

from orders.models import Order
from orders.rules import identifiers
from temporal_app import client as client_functions
from temporal_app import connection, names
from temporal_app.messages import DeliveryInfo, OrderInput, PaymentConfirmation, ShippingInfo
from temporal_app.queues import QUEUES, Served
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.benchmarks.counting import statements, with_calls_counted
from tests.benchmarks.noop_saga import NoopFulfillment, NoopSaga, nothing
from tests.factories.orders import ask, eventually, pay, place_order, saga, ship, write_order
from tests.factories.products import make_product
from tests.serving import workers_on

ROUNDS, ORDERS, AT_A_TIME = 3, 60, 20
MANY = 100_000
LOOK = 0.05  # seconds between two looks

Show = Callable[..., None]


@pytest.fixture
def worker(transactional_db: None, temporal: Client) -> Iterator[Client]:
    """All queues, and the sagas that do nothing beside them."""
    real = QUEUES[names.ORDERS_QUEUE]
    both = Served([*real.workflows, NoopSaga, NoopFulfillment], [*real.activities, nothing])
    with workers_on(temporal, {**QUEUES, names.ORDERS_QUEUE: both}):
        yield temporal


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Show:
    """Prints a line of a table, past pytest."""

    def line(what: str, *figures: object) -> None:
        with capsys.disabled():
            print(f"{what:<42}", *(f"{figure!s:>9}" for figure in figures))  # noqa: T201 - it is what this is for

    return line


def test_what_one_order_costs(worker: Client, client: Browser, show: Show) -> None:
    make_product(price="20.00")
    counting, calls = with_calls_counted(worker)
    connection.use(counting)

    with statements() as counted:
        order = place_order(("TEA", 2))
        wait_for(order, "payment", counted)
        pay(order)
        wait_for(order, "shipment", counted)
        ship(order)
        wait_for(order, "delivery", counted)
        client_functions.mark_delivered(order.number, by="user:1")
        assert ask(saga(order).result()) == "delivered"
        asked = sum(calls.values())
        outbox = worker.get_workflow_handle(identifiers.NOTIFICATION_OUTBOX)
        ask(outbox.result())
    with statements() as for_the_page:
        assert client.get(order.get_absolute_url()).status_code == 200

    show("\n\nOne order, paid by card, to the doorstep")
    for id_ in (
        identifiers.cart(order.cart_id),
        identifiers.order_saga(order.number),
        identifiers.fulfillment(order.number),
    ):
        show(f"  events of {id_.split('-')[0]}", *ask(events(worker, id_)))
    show("  calls of the client functions and the outbox notifier", asked)
    show("  statements of the worker, mail included", counted["worker"])
    show("  statements of client functions and checkout", counted["others"])
    show("  statements of the customer's page", for_the_page.total())


def wait_for(order: Order, waiting_for: str, counted: Counter[str]) -> None:
    """Until the order's row says so; looking is not counted."""

    def is_so() -> bool:
        counted["others"] -= 1
        return Order.objects.filter(pk=order.pk, waiting_for=waiting_for).exists()

    eventually(is_so)


async def events(temporal: Client, workflow_id: str) -> tuple[int, str]:
    """How many events a history has, and how many workflow tasks among them."""
    history = await temporal.get_workflow_handle(workflow_id).fetch_history()
    tasks = sum(event.HasField("workflow_task_completed_event_attributes") for event in history.events)
    return len(history.events), f"{tasks} tasks"


def test_how_fast_orders_are_carried_beside_sagas_that_do_nothing(worker: Client, show: Show) -> None:
    make_product(price="20.00", on_hand=MANY)
    show(f"\n\n{ORDERS} at a time of {AT_A_TIME}", "orders/s", "noop/s", "ratio")

    ratios = []
    for turn in range(1, ROUNDS + 1):
        orders = rate(carry_order, worker, [write_order(("TEA", 1)) for _ in range(ORDERS)])
        floor = rate(carry_nothing, worker, [f"{turn}-{number}" for number in range(ORDERS)])
        ratios.append(orders / floor)
        show(f"  round {turn}", f"{orders:.1f}", f"{floor:.1f}", f"{ratios[-1]:.2f}")
    show("  median", "", "", f"{statistics.median(ratios):.2f}")


def rate(carry: Callable, temporal: Client, loads: list) -> float:
    """How many are carried in a second."""

    async def carry_all() -> None:
        places = asyncio.Semaphore(AT_A_TIME)

        async def one(load: object) -> None:
            async with places:
                await carry(temporal, load)

        await asyncio.gather(*(one(load) for load in loads))

    begun = time.monotonic()
    ask(carry_all())
    return len(loads) / (time.monotonic() - begun)


async def carry_order(temporal: Client, order: OrderInput) -> None:
    """An order from the reservation to the doorstep."""
    saga_id, parcel_id = identifiers.order_saga(order.number), identifiers.fulfillment(order.number)
    await temporal.start_workflow(OrderSagaWorkflow.run, order, id=saga_id, task_queue=names.ORDERS_QUEUE)
    paid = PaymentConfirmation("transfer", order.total, "system")
    await to_the_doorstep(temporal, saga_id, parcel_id, [paid], [ShippingInfo("DHL", "1")], [DeliveryInfo()])


async def carry_nothing(temporal: Client, number: str) -> None:
    """A saga that does nothing, told and asked the same."""
    saga_id, parcel_id = f"noop-{number}", f"noop-fulfillment-{number}"
    await temporal.start_workflow(NoopSaga.run, number, id=saga_id, task_queue=names.ORDERS_QUEUE)
    await to_the_doorstep(temporal, saga_id, parcel_id, [], [], [])


async def to_the_doorstep(
    temporal: Client, saga_id: str, parcel_id: str, paid: list, shipped: list, delivered: list
) -> None:
    """Tell a saga what it waits for, one after the other, as soon as it does."""
    saga = temporal.get_workflow_handle(saga_id)

    async def waits_for(what: str) -> None:
        while (await saga.query("get_progress"))["waiting_for"] != what:  # noqa: ASYNC110 - it is somewhere else
            await asyncio.sleep(LOOK)

    await saga.signal("confirm_payment", args=paid)
    await waits_for("shipment")
    await saga.signal("mark_shipped", args=shipped)
    await waits_for("delivery")
    await temporal.get_workflow_handle(parcel_id).signal("mark_delivered", args=delivered)
    assert await saga.result() == "delivered"
