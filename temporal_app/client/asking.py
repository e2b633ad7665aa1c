"""What doors to one order share."""

from typing import Any, NoReturn

from orders.models import Order
from orders.rules.refusals import Refusal
from temporal_app import names
from temporal_app.calling import Gone, send_signal
from temporal_app.refusals import Refused


async def signal_saga(number: str, signal: Any, message: Any) -> None:
    try:
        await send_signal(names.order_saga(number), signal, message)
    except Gone:
        await refuse_ended(number)


async def existing_order(number: str) -> Order:
    order = await Order.objects.filter(number=number).afirst()
    if order is None:
        raise Refused(Refusal.UNKNOWN_ORDER, {"number": number})
    return order


async def refuse_ended(number: str) -> NoReturn:
    order = await existing_order(number)
    raise Refused(Refusal.ORDER_NOT_PENDING, {"number": number, "status": order.status})
