"""Carts, talked to as other programs talk to them."""

from uuid import uuid4

from temporalio.client import WorkflowHandle

from orders.models import Cart
from orders.rules import identifiers
from temporal_app import connection, names
from temporal_app.converter import DATA_CONVERTER
from temporal_app.messages import CartInput, CartItem, CartTotals
from temporal_app.workflows.shopping_cart import ShoppingCartWorkflow
from tests.factories.orders import ask


def start_cart(**columns: object) -> str:
    """A cart that runs; begun without update-with-start, after which the time-skipping server is slow to skip."""
    cart_id = uuid4().hex
    ask(
        connection._shared.start_workflow(
            ShoppingCartWorkflow.run,
            CartInput(cart_id, **columns),
            id=identifiers.cart(cart_id),
            task_queue=names.SHOPPING_QUEUE,
        )
    )
    return cart_id


def workflow_of(cart_id: str) -> WorkflowHandle:
    return connection._shared.get_workflow_handle_for(ShoppingCartWorkflow.run, identifiers.cart(cart_id))


def add(cart_id: str, sku: str = "TEA", quantity: int = 1, request_id: str = "") -> CartTotals:
    update = workflow_of(cart_id).execute_update(
        ShoppingCartWorkflow.add_item, CartItem(sku, quantity), id=request_id or None
    )
    return ask(update)


def state(cart_id: str) -> str:
    return Cart.objects.get(cart_id=cart_id).state


def start_of(cart_id: str) -> CartInput:
    """What a cart's latest run began with."""

    async def read() -> CartInput:
        history = await workflow_of(cart_id).fetch_history()
        began_with = history.events[0].workflow_execution_started_event_attributes.input
        return (await DATA_CONVERTER.decode_wrapper(began_with, [CartInput]))[0]

    return ask(read())
