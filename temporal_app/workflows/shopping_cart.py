"""A customer's cart, from the first item to the order or to being forgotten."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from orders.rules import actors, limits
    from orders.rules.refusals import Refusal, RuleBroken
    from orders.rules.states import OnExpiry
    from temporal_app.activities import carts
    from temporal_app.failures import refusing
    from temporal_app.messages import (
        CartChange,
        CartContent,
        CartInput,
        CartItem,
        CartTotals,
        CheckoutRequest,
        ExpiryChange,
        ExpiryChoice,
        OrderPlacement,
    )
    from temporal_app.policies import seconds
    from temporal_app.workflows import steps
    from temporal_app.workflows.order_start import start_order_saga

REMEMBERED_UPDATES = 500
EMPTY_LIFETIME = 15 * 60  # seconds: what holds nothing is not waited for


@workflow.defn
class ShoppingCartWorkflow:
    """Holds a cart until it is checked out; left alone for its lifetime, it expires, or orders itself if so agreed."""

    @workflow.init
    def __init__(self, cart: CartInput) -> None:
        self._cart = cart
        self._items = {item.sku: item.quantity for item in cart.items}
        self._total = cart.total
        self._fingerprint, self._on_expiry = cart.fingerprint, cart.on_expiry
        self._processed = {update: cart.processed[update] for update in cart.processed_order or cart.processed}
        self._changed_at = cart.changed_at or workflow.time()
        self._lock = asyncio.Lock()
        self._number = ""
        self._closed = False

    @workflow.run
    async def run(self, cart: CartInput) -> str:
        while not self._closed:
            try:
                await workflow.wait_condition(
                    lambda: self._closed or self._is_too_long(), timeout=seconds(max(0.0, self._seconds_left()))
                )
            except TimeoutError:
                await self._expire_unless_changed()
            if not self._closed and self._is_too_long():
                await self._continue_as_new()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._number

    @workflow.update
    async def add_item(self, item: CartItem) -> CartTotals:
        """Put pieces of a product into the cart."""
        return await self._change_once(item.sku, lambda: self._items.get(item.sku, 0) + item.quantity)

    @add_item.validator
    def check_add_item(self, item: CartItem) -> None:
        """A quantity that can be ordered, and a place left for another product."""
        with refusing():
            limits.check_quantity(item.quantity)
            self._check_change(item.sku)

    @workflow.update
    async def set_quantity(self, item: CartItem) -> CartTotals:
        """Say how many pieces of a product the cart holds; none removes it."""
        return await self._change_once(item.sku, lambda: item.quantity)

    @set_quantity.validator
    def check_set_quantity(self, item: CartItem) -> None:
        """A quantity that can be ordered, or zero."""
        with refusing():
            limits.check_quantity(item.quantity, may_be_zero=True)
            self._check_change(item.sku)

    @workflow.update
    async def checkout(self, request: CheckoutRequest) -> str:
        """Turn the cart into an order; returns its number. Asked again, it returns the same."""
        async with self._lock:
            if not self._number:
                await self._check_out(request)
        return self._number

    @checkout.validator
    def check_checkout(self, request: CheckoutRequest) -> None:
        """Something must be in it."""
        with refusing():
            if self._closed and not self._number:
                raise RuleBroken(Refusal.CART_CLOSED)
            if not self._items and not self._number:
                raise RuleBroken(Refusal.CART_EMPTY)

    @workflow.update
    async def choose_on_expiry(self, choice: ExpiryChoice) -> None:
        """Say whether the cart orders itself when nobody comes back to it."""
        async with self._lock:
            with refusing():
                self._check_open()
            await self._record_on_expiry(choice.on_expiry, choice.fingerprint)
            self._fingerprint = choice.fingerprint

    @choose_on_expiry.validator
    def check_choose_on_expiry(self, choice: ExpiryChoice) -> None:
        """One of the two, and a cart that is open."""
        OnExpiry(choice.on_expiry)
        with refusing():
            self._check_open()

    @workflow.update
    async def add_batch(self, items: list[CartItem]) -> CartTotals:
        """A batch ("order again"): says what of it cannot be had, or does not fit, and is left out."""
        update = workflow.current_update_info()
        assert update is not None
        async with self._lock:
            if update.id not in self._processed:
                with refusing():
                    self._check_open()
                left_out = await self._add(items)
                self._processed[update.id] = CartTotals(len(self._items), self._total, left_out)
            return self._processed[update.id]

    @add_batch.validator
    def check_add_batch(self, items: list[CartItem]) -> None:
        """A cart that is open."""
        with refusing():
            self._check_open()

    @workflow.signal
    async def add_items(self, items: list[CartItem]) -> None:
        """A batch, as machines send it: what cannot be had, or does not fit, is left out."""
        async with self._lock:
            if not self._closed:
                await self._add(items)

    @workflow.query
    def get_cart(self) -> CartContent:
        """What the cart holds."""
        return CartContent(self._content(self._items), self._total)

    # Changing the content

    async def _change_once(self, sku: str, quantity: Callable[[], int]) -> CartTotals:
        """Change one product's quantity; an update that an earlier run has answered gets the same answer."""
        update = workflow.current_update_info()
        assert update is not None
        async with self._lock:
            if update.id not in self._processed:
                with refusing():
                    self._check_change(sku)
                    limits.check_quantity(quantity(), may_be_zero=True)
                await self._write({**self._items, sku: quantity()}, changed=sku)
                self._processed[update.id] = CartTotals(len(self._items), self._total)
            return self._processed[update.id]

    async def _add(self, items: list[CartItem]) -> tuple[CartItem, ...]:
        """Add what can be had of a batch; returns what is left out."""
        before, wanted = dict(self._items), dict(self._items)
        for item in items:
            if item.quantity > 0:
                wanted[item.sku] = wanted.get(item.sku, 0) + item.quantity
        await self._write({sku: min(quantity, limits.QUANTITY) for sku, quantity in wanted.items()}, changed="")
        missing = {sku: wanted[sku] - max(self._items.get(sku, 0), before.get(sku, 0)) for sku in wanted}
        asked = {item.sku for item in items}
        return tuple(CartItem(sku, pieces) for sku, pieces in missing.items() if pieces > 0 and sku in asked)

    async def _write(self, wanted: dict[str, int], *, changed: str) -> None:
        """Have the mirror hold what is wanted; only what was recorded counts."""
        now = workflow.time()
        change = CartChange(
            cart_id=self._cart.cart_id,
            items=self._content(wanted),
            changed=changed,
            closes_at=now + self._lifetime(any(wanted.values())),
            customer_id=self._cart.customer_id,
            on_expiry=self._on_expiry,
        )
        content = await steps.record(carts.record_cart, change)
        self._items = {item.sku: item.quantity for item in content.items}
        self._total, self._fingerprint, self._changed_at = content.total, content.fingerprint, now

    @staticmethod
    def _content(items: dict[str, int]) -> tuple[CartItem, ...]:
        return tuple(CartItem(sku, quantity) for sku, quantity in items.items() if quantity > 0)

    def _check_change(self, sku: str) -> None:
        self._check_open()
        if not sku:
            raise RuleBroken(Refusal.UNKNOWN_SKU, sku=sku)
        if sku not in self._items and len(self._items) >= limits.CART_PRODUCTS:
            raise RuleBroken(Refusal.CART_FULL, limit=limits.CART_PRODUCTS)

    def _check_open(self) -> None:
        if self._closed or self._number:
            raise RuleBroken(Refusal.CART_CLOSED)

    # The end of a cart

    async def _check_out(self, request: CheckoutRequest) -> None:
        """Order as asked; a cart whose order was refused does not order itself later, when nobody looks."""
        placement = OrderPlacement(
            self._cart.cart_id, request.by, request.payment_method, request.fingerprint, credit=request.credit
        )
        try:
            await self._place_order(placement)
        except FailureError:
            if self._on_expiry == OnExpiry.CHECKOUT and workflow.patched("no-order-after-a-refusal"):
                await self._record_on_expiry(OnExpiry.EXPIRE)
            raise

    async def _record_on_expiry(self, on_expiry: str, fingerprint: str = "") -> None:
        await steps.record(carts.record_on_expiry, ExpiryChange(self._cart.cart_id, on_expiry, fingerprint))
        self._on_expiry = on_expiry

    async def _place_order(self, placement: OrderPlacement) -> None:
        """Write the order down and start the process that carries it; only then is the cart closed."""
        order = await steps.record_durably(carts.place_order, placement)
        await start_order_saga(order)
        self._number, self._closed = order.number, True

    async def _expire_unless_changed(self) -> None:
        """Nobody came back: check out, if that was agreed and can be done; otherwise close the cart."""
        async with self._lock:
            if self._closed or self._seconds_left() > 0:
                return
            if self._on_expiry == OnExpiry.CHECKOUT and self._items:
                unseen = OrderPlacement(self._cart.cart_id, by=actors.SYSTEM, fingerprint=self._fingerprint)
                try:
                    await self._place_order(unseen)
                    return
                except FailureError as refused:  # a local activity's failure comes bare
                    workflow.logger.info("cart %s cannot check itself out: %s", self._cart.cart_id, refused.cause)
            await steps.record(carts.expire_cart, self._cart.cart_id)
            self._closed = True

    def _seconds_left(self) -> float:
        return self._changed_at + self._lifetime(bool(self._items)) - workflow.time()

    def _lifetime(self, holds_something: bool) -> int:
        """Seconds from the last change to the end."""
        longest = self._cart.lifetime_seconds
        return longest if holds_something else min(longest, EMPTY_LIFETIME)

    @staticmethod
    def _is_too_long() -> bool:
        return workflow.info().is_continue_as_new_suggested()

    async def _continue_as_new(self) -> None:
        """Go on in a new run, once nobody is being answered any more."""
        await workflow.wait_condition(workflow.all_handlers_finished)
        if self._closed:
            return
        remembered = dict(list(self._processed.items())[-REMEMBERED_UPDATES:])
        workflow.continue_as_new(
            replace(
                self._cart,
                items=self._content(self._items),
                total=self._total,
                fingerprint=self._fingerprint,
                on_expiry=self._on_expiry,
                processed=remembered,
                processed_order=tuple(remembered),
                changed_at=self._changed_at,
            )
        )
