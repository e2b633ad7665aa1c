"""An order carried so far by calling activities, and what stands in the tables afterwards."""

from collections.abc import Callable
from typing import Any

from django.apps import apps

from orders.models import Order, Product
from temporal_app.activities import orders, payment_deadlines, payments, shipping, stock
from temporal_app.messages import (
    Charge,
    Ending,
    FailedReversal,
    LanguageChange,
    LateShipment,
    LineChange,
    OrderStep,
    Shipped,
    ShippingInfo,
    TimelineMessage,
)
from tests.factories.orders import CARD, write_order
from tests.factories.products import make_product

WHEN = {"changed_at", "scheduled_at", "first_tried_at"}  # columns that tell when something was last written

MORE_TIME = 2e9 + 50_000  # Unix time

Call = Callable[[Order], Any]


def step(order: Order, **columns: Any) -> OrderStep:
    return OrderStep(order.number, **columns)


def reserve(order: Order) -> None:
    stock.reserve_stock(step(order))


def hold(order: Order) -> str:
    return payments.hold_payment(step(order, attempt=1, amount=order.total, until=2e9))


def remind(order: Order) -> None:
    payment_deadlines.remind_of_payment(step(order))


def extend(order: Order, by: str = "system") -> None:
    payment_deadlines.extend_payment_deadline(step(order, until=MORE_TIME, by=by))


def charge(order: Order) -> str:
    return payments.charge_card(Charge(order.number, 1, order.total, CARD, "customer:guest", key="update-1"))


def capture(order: Order) -> str:
    return payments.capture_payment(step(order, attempt=1, by="customer:guest"))


def book(order: Order) -> None:
    shipping.schedule_shipping(step(order, until=2e9))


def be_late(order: Order) -> None:
    shipping.report_late_shipment(LateShipment(order.number, alert=1, until=2e9))


def leave(order: Order) -> None:
    shipping.record_shipped(Shipped(order.number, ShippingInfo("DHL", "0034 1", "user:1"), until=2e9))


def arrive(order: Order) -> None:
    shipping.record_delivered(step(order))


def complete(order: Order) -> None:
    orders.complete_order(step(order))


def add(order: Order) -> Any:
    return orders.add_line(LineChange(order.number, "TEA", 2, "customer:guest", key="update-2"))


def set_to_five(order: Order) -> Any:
    return orders.set_line(LineChange(order.number, "TEA", 5, "customer:guest", key="update-3"))


def speak_german(order: Order) -> None:
    orders.set_language(LanguageChange(order.number, "de", key="update-4"))


def record_order_event(order: Order) -> None:
    orders.record_order_event(
        TimelineMessage(order.number, "request_refused", "user:1", key="remark-1", data={"request": "cancel"})
    )


def begin_undo(order: Order) -> None:
    orders.begin_undo(Ending(order.number, "cancelled", "changed_mind", "customer:guest"))


def unbook(order: Order) -> None:
    shipping.cancel_shipping(step(order))


def return_money(order: Order) -> None:
    payments.return_money(step(order))


def release(order: Order) -> None:
    stock.release_stock(step(order))


def cancelled(order: Order) -> None:
    orders.record_cancelled(Ending(order.number, "cancelled", "changed_mind", "customer:guest"))


def expire(order: Order) -> None:
    """Undo an order that nobody has paid in time."""
    ending = Ending(order.number, "payment_deadline", "payment", "system")
    orders.begin_undo(ending)
    return_money(order)
    release(order)
    orders.record_cancelled(ending)


def trouble(order: Order) -> None:
    orders.record_failed_reversal(FailedReversal(order.number, "payment", "it would not"))


FORWARD: tuple[Call, ...] = (reserve, hold, charge, capture, book, leave, arrive, complete)
UNDO: tuple[Call, ...] = (begin_undo, unbook, return_money, release, cancelled)


def order_after(*calls: Call) -> Order:
    """An order of three teas that these activities have worked on."""
    if not Product.objects.filter(sku="TEA").exists():
        make_product(on_hand=100)
    order = Order.objects.get(number=write_order(("TEA", 3)).number)
    for call in calls:
        call(order)
        order.refresh_from_db()
    return order


def up_to(last: Call) -> tuple[Call, ...]:
    """All steps forward before this one."""
    return FORWARD[: FORWARD.index(last)]


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table of the shop and its provider."""
    return {
        model.__name__: [
            {name: value for name, value in row.items() if name not in WHEN}
            for row in model._default_manager.order_by("pk").values()
        ]
        for model in apps.get_app_config("orders").get_models()
    }
