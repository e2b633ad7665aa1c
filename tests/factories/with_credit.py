"""Ways of an order that is partly paid with its customer's credit, by calling activities as their workflows do: three
teas for 300.00, of which 30.00 with credit. Each answers the order. `accounts.enter_at_once` has to stand in for the
customer's account.
"""

from decimal import Decimal
from uuid import uuid4

from orders.models import Order, Product
from orders.payments import credit as books
from orders.rules import actors
from temporal_app.activities import carts, payments
from temporal_app.messages import CartChange, CartItem, Charge, OrderPlacement, OrderStep
from tests.factories import steps, ways
from tests.factories.orders import CARD, make_contact
from tests.factories.people import make_user
from tests.factories.products import make_product

PART, REST = Decimal("30.00"), Decimal("270.00")


def placed(*, credit: str = "30.00", has: str = "30.00", by_transfer: bool = False) -> Order:
    """An order that nobody carries yet, of somebody who has so much credit."""
    carla = make_user(f"carla{uuid4().hex[:6]}", is_staff=False)
    books.move(carla.pk, Decimal(has), cause="goodwill-1", out=False, key=uuid4().hex)
    if not Product.objects.filter(sku="TEA").exists():
        make_product(on_hand=100)
    cart_id, by = uuid4().hex, actors.customer(carla.pk)
    carts.record_cart(CartChange(cart_id, (CartItem("TEA", 3),), changed="", closes_at=0.0))
    make_contact(cart_id)
    order = Order.objects.get(number=carts.place_order(OrderPlacement(cart_id, by, credit=Decimal(credit))).number)
    if by_transfer:
        Order.objects.filter(pk=order.pk).update(payment_method="bank_transfer")
    steps.reserve(order)
    order.refresh_from_db()
    return order


def hold(order: Order, attempt: int = 1) -> None:
    order.refresh_from_db()
    payments.hold_payment(OrderStep(order.number, attempt=attempt, amount=order.rest, until=2e9))


def charge(order: Order, attempt: int = 1) -> None:
    order.refresh_from_db()
    payments.charge_card(Charge(order.number, attempt, order.rest, CARD, "customer:guest", key=f"update-{attempt}"))


def waiting(*, by_transfer: bool = False) -> Order:
    order = placed(by_transfer=by_transfer)
    hold(order)
    order.refresh_from_db()
    return order


def charged() -> Order:
    order = waiting()
    charge(order)
    return order


def paid() -> Order:
    order = charged()
    steps.capture(order)
    order.refresh_from_db()
    return order


def waiting_cancelled() -> Order:
    order = waiting()
    ways.undo(order)
    return order


def charged_and_cancelled() -> Order:
    order = charged()
    ways.undo(order)
    return order


def paid_and_cancelled() -> Order:
    order = paid()
    ways.undo(order)
    return order


def paid_by_transfer() -> Order:
    order = waiting(by_transfer=True)
    ways.report(order, "100.00", reference="a part")
    ways.report(order, "170.00", reference="the rest")
    ways.capture(order, "270.00")
    order.refresh_from_db()
    return order


def transfer_in_part_and_cancelled() -> Order:
    order = waiting(by_transfer=True)
    ways.report(order, "100.00", reference="a part")
    ways.undo(order)
    return order


def grown_and_paid() -> Order:
    order = waiting()
    steps.add(order)
    hold(order, attempt=2)
    charge(order, attempt=2)
    payments.capture_payment(OrderStep(order.number, attempt=2, by="customer:guest"))
    return order
