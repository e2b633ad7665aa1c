"""People who ask once, are told that nobody answers, and never ask again: what was begun for them goes on."""

from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4

from orders.models import ContactDetails, Order
from orders.rules.status import OrderStatus, WaitingFor
from temporal_app import client
from temporal_app.client.errors import Unavailable
from tests.faults import points
from tests.faults.people import ADDRESS, Person, persist
from tests.faults.stack import Stack

GUEST = "customer:guest"


def ask_once(stack: Stack, person: Person, manager: str) -> None:
    """Have Temporal die as soon as something was written for an update, four times; then wait until all is well.

    :raises TakesTooLong: something was written that nobody goes on with
    """
    adding, deciding, cancelling = (placed(sku) for sku in ("FAULT-CHEAP", "FAULT-DEAR", "FAULT-CHEAP"))
    for order in (adding, cancelling):
        person.wait(order, WaitingFor.PAYMENT)
    person.wait(deciding, WaitingFor.APPROVAL)
    cart = filled_cart("FAULT-CHEAP")

    dying(stack, "place_order", lambda: client.check_out(cart, payment_method="sandbox", by=GUEST))
    dying(stack, "add_line", lambda: client.add_order_item(adding.number, sku="FAULT-CHEAP", quantity=2, by=GUEST))
    dying(
        stack,
        "record_decision",
        lambda: client.decide("order", deciding.number, role="manager", approved=True, by=manager),
    )
    dying(stack, "begin_undo", lambda: client.cancel_order(cancelling.number, reason="changed_mind", by=GUEST))

    checked_out = persist(lambda: Order.objects.get(cart_id=cart))
    for order in (checked_out, deciding):
        person.wait(order, WaitingFor.PAYMENT)
    person.wait(cancelling)
    person.pay(adding)
    person.wait(adding, WaitingFor.SHIPMENT)
    assert cancelling.status == OrderStatus.CANCELLED, cancelling.status
    assert (adding.status, adding.total) == (OrderStatus.PAID, adding.payments.latest("attempt").amount)


def dying(stack: Stack, activity: str, ask: Callable[[], object]) -> None:
    """Ask for something once, while Temporal dies as soon as this activity has written."""
    points.write(stack.points_file, [f"after {activity} server"])
    with suppress(Unavailable):
        ask()
    while stack.points_file.read_text():
        pass
    while not stack.revive():
        pass
    persist(lambda: client.describe_schedule())


def placed(sku: str) -> Order:
    """An order of one piece."""
    cart = filled_cart(sku)
    return Order.objects.get(number=client.check_out(cart, payment_method="sandbox", by=GUEST))


def filled_cart(sku: str) -> str:
    """A cart that is ready to be ordered; its id."""
    cart = uuid4().hex
    client.add_to_cart(cart, sku=sku, quantity=1)
    ContactDetails.objects.create(cart_id=cart, **ADDRESS)
    return cart
