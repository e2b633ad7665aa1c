"""Small factories for workflow tests: products, people, carts and orders, made the way the shop makes them."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

from google.protobuf.message import Message
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from orders.models import ContactDetails, Notification, Order, Product, SandboxPayment
from orders.rules import actors, identifiers
from orders.rules.order_events import OrderEvent
from temporal_app import client, connection, names, policies
from temporal_app.activities import carts
from temporal_app.codec import payloads_in
from temporal_app.messages import CartChange, CartItem, OrderInput, OrderPlacement
from temporal_app.workflows.order_saga import OrderSagaWorkflow

ADDRESS = {
    "name": "Alice Äther",
    "email": "alice@example.org",
    "street": "Obere Str. 57",
    "postal_code": "12209",
    "city": "Berlin",
    "country": "Germany",
}
CARD = "tok_chargeable_visa"


def make_contact(cart_id: str, **columns) -> ContactDetails:
    """What a customer types at checkout."""
    return ContactDetails.objects.create(cart_id=cart_id, payment_method="sandbox", **{**ADDRESS, **columns})


def place_order(*items: tuple[str, int], customer_id: int | None = None, payment_method: str = "sandbox") -> Order:
    """Fill a cart, check out, and answer the order."""
    cart_id = uuid4().hex
    for sku, quantity in items or (("TEA", 1),):
        client.add_to_cart(cart_id, sku=sku, quantity=quantity, customer_id=customer_id, request_id=uuid4().hex)
    make_contact(cart_id)
    number = client.check_out(cart_id, payment_method=payment_method, by=actors.customer(customer_id))
    return Order.objects.get(number=number)


def write_order(*items: tuple[str, int], by: str = "customer:guest") -> OrderInput:
    """The rows of an order that nobody carries yet, and what its saga would start with."""
    cart_id = uuid4().hex
    content = tuple(CartItem(sku, quantity) for sku, quantity in items or (("TEA", 1),))
    carts.record_cart(CartChange(cart_id, content, changed="", closes_at=0.0))
    make_contact(cart_id)
    return carts.place_order(OrderPlacement(cart_id, by))


def start_saga(order: OrderInput) -> None:
    """Have an order carried."""
    ask(
        connection._shared.start_workflow(
            OrderSagaWorkflow.run,
            order,
            id=identifiers.order_saga(order.number),
            task_queue=names.ORDERS_QUEUE,
            execution_timeout=policies.saga_timeout(order),
        )
    )


def start_order(*items: tuple[str, int], by: str = "customer:guest", **changes: object) -> Order:
    """An order and its saga without a cart before it, after which the time-skipping server is slow to skip.

    :param changes: what the saga's input has different
    """
    start = replace(write_order(*items, by=by), **changes)
    start_saga(start)
    return Order.objects.get(number=start.number)


def ask(coroutine: Any) -> Any:
    """What a coroutine answers."""

    async def answer() -> Any:
        return await coroutine

    return asyncio.run(answer())


def told_in(workflow_id: str) -> str:
    """Everything that a workflow's history holds, decrypted where it is encrypted."""
    history = ask(connection._shared.get_workflow_handle(workflow_id).fetch_history())
    return "".join(told_by(event) for event in history.events)


def told_by(message: Message) -> str:
    """Everything that one of Temporal's messages holds, decrypted where it is encrypted."""
    codec = connection.data_converter().payload_codec
    payloads = list(payloads_in(message))
    for payload, plain in zip(payloads, ask(codec.decode(payloads)), strict=True):
        payload.CopyFrom(plain)
    return message.SerializeToString().decode(errors="replace")


def saga(order: Order) -> WorkflowHandle[OrderSagaWorkflow, str]:
    """An order's saga, to talk to as other programs do."""
    return connection._shared.get_workflow_handle_for(OrderSagaWorkflow.run, identifiers.order_saga(order.number))


def let_pass(environment: WorkflowEnvironment, seconds: float) -> None:
    """Let time pass on the time-skipping server."""
    ask(environment.sleep(seconds))


def eventually(is_so: Callable[[], object], *, within: float = 120.0) -> object:
    """Wait until something is so, and answer it; fails after `within` seconds."""
    deadline = time.monotonic() + within
    while not (answer := is_so()):
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)
    return answer


def wait_until(
    order: Order,
    *,
    status: str | None = None,
    waiting_for: str | None = None,
    skipping: WorkflowEnvironment | None = None,
    within: float = 120.0,
) -> None:
    """Wait until the order's row says so; `skipping` lets a minute pass with every look."""

    def is_so() -> bool:
        if skipping is not None:
            let_pass(skipping, 60)
        order.refresh_from_db()
        return (status is None or order.status == status) and (waiting_for is None or order.waiting_for == waiting_for)

    try:
        eventually(is_so, within=within)
    except AssertionError:
        story = list(order.timeline.order_by("id").values_list("kind", "data"))
        raise AssertionError(f"{order.number} is {order.status}, waits for {order.waiting_for!r}: {story}") from None


def pay(order: Order, *, card_token: str = CARD, by: str = "customer:guest") -> str:
    """Pay by card what is due of an order."""
    order.refresh_from_db()
    how = {"payment_method": "sandbox", "amount": order.rest, "card_token": card_token, "by": by}
    return client.pay(order.number, **how, request_id=uuid4().hex)


def ship(order: Order, by: str = "user:1") -> None:
    """Mark an order as shipped."""
    client.mark_shipped(order.number, carrier="DHL", tracking_number="0034 1", by=by)


def order_events(order: Order) -> list[str]:
    """The kinds of an order's timeline, first to last."""
    return list(order.timeline.order_by("id").values_list("kind", flat=True))


UNDOING = {
    OrderEvent.STOCK_RELEASED,
    OrderEvent.HOLD_RELEASED,
    OrderEvent.REFUNDED,
    OrderEvent.SHIPPING_CANCELLED,
}


def undone(order: Order) -> list[str]:
    """What has been undone, first to last."""
    return [kind for kind in order_events(order) if kind in UNDOING]


def stock() -> dict[str, tuple[int, int]]:
    """Pieces on hand and reserved, by SKU."""
    return {
        sku: (on_hand, reserved) for sku, on_hand, reserved in Product.objects.values_list("sku", "on_hand", "reserved")
    }


def ledger(order: Order) -> list[tuple[str, Decimal, Decimal]]:
    """The provider's own books on an order: state, captured and refunded of each payment, first to last."""
    rows = SandboxPayment.objects.filter(order_number=order.number).order_by("id")
    return list(rows.values_list("state", "captured", "refunded"))


def money_kept(order: Order) -> Decimal:
    """What the shop has of this customer at the provider, held money included."""
    return sum(
        (row.captured - row.refunded if row.captured else row.amount)
        for row in SandboxPayment.objects.filter(order_number=order.number)
        if row.state in ("open", "authorised", "captured")
    ) or Decimal("0.00")


def assert_as_it_began(order: Order, stock_before: dict[str, tuple[int, int]]) -> None:
    """Stock and the provider's books are where they were, the order is closed and its customer is told."""
    order.refresh_from_db()
    assert order.status == "cancelled"
    assert (order.waiting_for, order.waiting_until) == ("", None)
    assert order.ended_at is not None
    assert order_events(order)[-1] == "cancelled"
    assert stock() == stock_before
    assert money_kept(order) == 0
    assert Notification.objects.filter(order=order, kind="order_cancelled").count() == 1
    assert not order.compensation_failures.exists()
