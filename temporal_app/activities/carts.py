"""Mirror of carts, and the moment a cart becomes an order."""

from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from orders.authorization.own_orders import barred_from
from orders.models import ApprovalPolicy, Cart, CartItem, ContactDetails, Order, Product
from orders.models.approval import ApprovalKind
from orders.models.cart import fingerprint_of
from orders.models.notification import MailKind
from orders.payments import offered_methods
from orders.payments.credit import check_credit
from orders.rules import actors, credit, deadlines
from orders.rules.limits import CART_PRODUCTS, ORDER_LINES, check_available, check_total
from orders.rules.order_events import OrderEvent
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import CartState, OnExpiry
from orders.rules.totals import ZERO, total
from temporal_app import messages
from temporal_app.activities import reservations
from temporal_app.activities.outbox import mail_customer
from temporal_app.activities.recording import moment, record_timeline_entry, shop_activity
from temporal_app.messages import CartChange, CartContent, ExpiryChange, OrderDeadlines, OrderInput, OrderPlacement


@shop_activity(transactions="one")
def record_cart(change: CartChange) -> CartContent:
    """Make the mirror hold what the cart holds.

    :raises RuleBroken: the changed product is not sold here, there is not enough of it, or it would be too expensive
    """
    products = Product.objects.on_sale().in_bulk([item.sku for item in change.items], field_name="sku")
    if change.changed:
        _check_changed(change, products)
        items = [item for item in change.items if item.sku in products]
    else:
        items = _what_can_be_had(change, products)
    cart, _new = Cart.objects.update_or_create(
        cart_id=change.cart_id,
        defaults={
            "customer_id": change.customer_id,
            "changed_at": timezone.now(),
            "closes_at": moment(change.closes_at),
            "on_expiry": change.on_expiry,
        },
    )
    cart.items.all().delete()
    CartItem.objects.bulk_create(
        CartItem(cart=cart, product=products[item.sku], quantity=item.quantity, position=position)
        for position, item in enumerate(items)
    )
    amount = total((products[item.sku].price, item.quantity) for item in items)
    if change.changed:
        check_total(amount)
    return CartContent(tuple(items), amount, cart.fingerprint())


def _check_changed(change: CartChange, products: dict[str, Product]) -> None:
    wanted = {item.sku: item.quantity for item in change.items}.get(change.changed, 0)
    if not wanted:
        return
    product = products.get(change.changed)
    if product is None:
        raise RuleBroken(Refusal.UNKNOWN_SKU, sku=change.changed)
    check_available(name=product.name, wanted=wanted, available=product.available)


def _what_can_be_had(change: CartChange, products: dict[str, Product]) -> list[messages.CartItem]:
    """A batch ("order again") takes what is left of what is still sold, and leaves out the rest."""
    available = (
        messages.CartItem(item.sku, min(item.quantity, products[item.sku].available))
        for item in change.items
        if item.sku in products
    )
    return [item for item in available if item.quantity > 0][:CART_PRODUCTS]


@shop_activity(transactions="one")
def record_on_expiry(change: ExpiryChange) -> None:
    """Write down what the cart does when nobody comes back.

    :raises RuleBroken: it shall order itself, but nobody said where to deliver, or it is not what the customer saw
    """
    cart = Cart.objects.select_for_update().get(cart_id=change.cart_id)
    if change.on_expiry == OnExpiry.CHECKOUT:
        if not ContactDetails.objects.filter(cart_id=change.cart_id).exists():
            raise RuleBroken(Refusal.ADDRESS_MISSING)
        if change.fingerprint != cart.fingerprint():
            raise RuleBroken(Refusal.CART_CHANGED)
    cart.choose_on_expiry(OnExpiry(change.on_expiry))


@shop_activity(transactions="one")
def place_order(placement: OrderPlacement) -> OrderInput:
    """Turn a cart into an order, once: asked again, it returns the order there is.

    :raises RuleBroken: nothing in the cart, no address, a payment method that is not offered, too many lines, something
        has been sold out since it was put into the cart, the customer saw another price or content, or there is not so
        much credit
    """
    order = Order.objects.filter(cart_id=placement.cart_id).first() or _new_order(placement)
    record_timeline_entry(order, OrderEvent.PLACED, by=placement.by, total=str(order.total))
    mail_customer(order, MailKind.ORDER_PLACED)
    # also where the cart checked itself out: nobody approves what they have put into it
    return saga_input(order, requested_by=actors.customer(order.customer_id) if order.customer_id else placement.by)


def saga_input(order: Order, *, requested_by: str) -> OrderInput:
    """What an order's saga starts with: the tiers and deadlines of this moment."""
    return OrderInput(
        number=order.number,
        total=order.total,
        lines=order.lines.count(),
        payment_method=order.payment_method,
        requested_by=requested_by,
        fingerprint=order.fingerprint(),
        language=order.language,
        tiers=ApprovalPolicy.objects.tiers(ApprovalKind.ORDER),
        deadlines=OrderDeadlines(
            payment=settings.PAYMENT_DEADLINE,
            shipment=settings.SHIPMENT_DEADLINE,
            delivery_after=settings.DELIVERY_AFTER,
            reminder=deadlines.reminder(payment=settings.PAYMENT_DEADLINE, before=settings.PAYMENT_REMINDER),
            extension=deadlines.EXTENSIONS,
        ),
        children_outlive=True,
        barred=barred_from(order),
        credit=order.credit,
    )


def _new_order(placement: OrderPlacement) -> Order:
    cart = Cart.objects.select_for_update().filter(cart_id=placement.cart_id).first()
    items = list(cart.items.select_related("product").order_by("position")) if cart else []
    contact = ContactDetails.objects.filter(cart_id=placement.cart_id).first()
    _check_items(items)
    if contact is not None:
        reservations.check_unpaid(contact, [(item.product, item.quantity) for item in items])
    if placement.fingerprint not in ("", fingerprint_of(items)):
        raise RuleBroken(Refusal.CART_CHANGED)
    if cart is None or contact is None:
        raise RuleBroken(Refusal.ADDRESS_MISSING)
    method = placement.payment_method or contact.payment_method
    if method not in [*offered_methods(), credit.METHOD]:
        raise RuleBroken(Refusal.UNKNOWN_PAYMENT_METHOD, method=method)
    customer_id = cart.customer_id or actors.customer_id(placement.by)
    part = _credit_part(placement.credit, method, items, customer_id)
    cart.close(CartState.CHECKED_OUT)
    order = Order.place(
        at=timezone.now(),
        lines=[(item.product, item.quantity) for item in items],
        cart_id=placement.cart_id,
        customer_id=customer_id,
        credit=part,
        language=contact.language,
        payment_method=method,
        currency=settings.CURRENCY,
        **contact.address(),
    )
    reservations.begin_guest_hold(order, contact)
    return order


def _credit_part(part: Decimal, method: str, items: list[CartItem], customer_id: int | None) -> Decimal:
    """What of an order is paid with credit beside its payment method; nothing where all of it is."""
    amount = total((item.product.price, item.quantity) for item in items)
    if method == credit.METHOD:
        check_credit(customer_id, amount)
        return ZERO
    if part:
        credit.check_part(part, total=amount)
        check_credit(customer_id, part)
    return part


def _check_items(items: list[CartItem]) -> None:
    if not items:
        raise RuleBroken(Refusal.CART_EMPTY)
    if len(items) > ORDER_LINES:
        raise RuleBroken(Refusal.ORDER_FULL, limit=ORDER_LINES)
    for item in items:
        available = item.product.available if item.product.active else 0
        check_available(name=item.product.name, wanted=item.quantity, available=available)


@shop_activity(transactions="one")
def expire_cart(cart_id: str) -> None:
    """Close a cart that nobody came back to."""
    for cart in Cart.objects.filter(cart_id=cart_id, state=CartState.OPEN):  # not one that was checked out meanwhile
        cart.close(CartState.EXPIRED)
