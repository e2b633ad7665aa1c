"""Client functions to carts."""

import asyncio
from decimal import Decimal
from typing import Any, TypeVar

from django.conf import settings
from temporalio.client import WithStartWorkflowOperation, WorkflowUpdateStage
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.workflow import UpdateMethodMultiParam

from orders.models import Cart, Order
from orders.rules import identifiers
from orders.rules.refusals import Refusal
from orders.rules.states import CartState, OnExpiry
from orders.rules.totals import ZERO
from temporal_app import messages, names
from temporal_app.client.calls import Gone, accept_timeout, answer_of, client_function, send_update, translated
from temporal_app.client.errors import Refused, StillWorking
from temporal_app.connection import get_client
from temporal_app.workflows.shopping_cart import ShoppingCartWorkflow

Message = TypeVar("Message")


@client_function
async def add_to_cart(
    cart_id: str, *, sku: str, quantity: int, customer_id: int | None = None, request_id: str = ""
) -> messages.CartTotals:
    """Put pieces of a product into a cart, which begins with its first item."""
    item = messages.CartItem(sku, quantity)
    return await _update_cart(ShoppingCartWorkflow.add_item, item, cart_id, customer_id, request_id)


@client_function
async def set_cart_quantity(
    cart_id: str, *, sku: str, quantity: int, customer_id: int | None = None, request_id: str = ""
) -> messages.CartTotals:
    """Say how many pieces of a product a cart holds; none removes it."""
    item = messages.CartItem(sku, quantity)
    if quantity == 0 and not await Cart.objects.filter(cart_id=cart_id).aexists():
        raise Refused(Refusal.CART_EMPTY)  # no cart begins with nothing
    return await _update_cart(ShoppingCartWorkflow.set_quantity, item, cart_id, customer_id, request_id)


@client_function
async def order_again(
    cart_id: str, *, items: list[messages.CartItem], customer_id: int | None = None, request_id: str = ""
) -> messages.CartTotals:
    """Put a batch of items into a cart; the answer says what cannot be had any more and is left out."""
    return await _update_cart(ShoppingCartWorkflow.add_batch, items, cart_id, customer_id, request_id)


@client_function
async def check_out(
    cart_id: str, *, payment_method: str, by: str, fingerprint: str = "", credit: Decimal = ZERO
) -> str:
    """Turn a cart into an order; returns its number, the same however often it is asked.

    :param fingerprint: what the customer saw; a cart that is not that any more is refused. Empty: not known
    :param credit: how much of it is paid with store credit, and the rest by `payment_method`
    """
    request = messages.CheckoutRequest(by, payment_method, fingerprint, credit)
    try:
        number = await send_update(identifiers.cart(cart_id), ShoppingCartWorkflow.checkout, request)
    except Gone:
        number = await Order.objects.filter(cart_id=cart_id).values_list("number", flat=True).afirst()
        if number is None:
            closed = await Cart.objects.filter(cart_id=cart_id, state=CartState.EXPIRED).aexists()
            raise Refused(Refusal.CART_CLOSED if closed else Refusal.CART_EMPTY) from None
    if number is None:
        raise StillWorking
    return number


@client_function
async def choose_on_expiry(cart_id: str, *, on_expiry: OnExpiry, fingerprint: str, by: str) -> None:
    """Say whether a cart, as the customer sees it, is ordered when nobody comes back to it."""
    choice = messages.ExpiryChoice(on_expiry, by, fingerprint)
    try:
        await send_update(identifiers.cart(cart_id), ShoppingCartWorkflow.choose_on_expiry, choice)
    except Gone:
        raise Refused(Refusal.CART_CLOSED) from None


async def _update_cart(
    update: UpdateMethodMultiParam[[ShoppingCartWorkflow, Message], messages.CartTotals],
    message: Message,
    cart_id: str,
    customer_id: int | None,
    request_id: str,
) -> messages.CartTotals:
    client = await get_client()
    start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
        ShoppingCartWorkflow.run,
        _cart(cart_id, customer_id),
        id=identifiers.cart(cart_id),
        task_queue=names.SHOPPING_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
    )
    try:
        with translated():
            handle = await client.start_update_with_start_workflow(
                update,
                message,
                start_workflow_operation=start,
                id=request_id or None,
                wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                rpc_timeout=accept_timeout(),
            )
    except Gone:
        raise Refused(Refusal.CART_CLOSED) from None
    finally:  # how the start went is looked at, or asyncio reports an error that nobody saw
        await asyncio.gather(start.workflow_handle(), return_exceptions=True)
    totals = await answer_of(handle)
    if totals is None:
        raise StillWorking
    return totals


def _cart(cart_id: str, customer_id: int | None) -> messages.CartInput:
    return messages.CartInput(
        cart_id=cart_id,
        customer_id=customer_id,
        lifetime_seconds=settings.CART_LIFETIME,
        on_expiry=settings.CART_ON_EXPIRY,
    )
