"""What client functions share."""

import asyncio
from typing import Any, NoReturn

from django.db.models import QuerySet
from temporalio.common import WorkflowIDReusePolicy

from orders.models import Order
from orders.rules.refusals import Refusal
from temporal_app import names
from temporal_app.calling import Gone, send_signal
from temporal_app.refusals import Refused

# What a row asks for is carried out once; only what was broken off may be started again.
UNLESS_DONE = WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY
LOOKS, BETWEEN_LOOKS = 30, 0.05  # at most 1.5 seconds


async def signal_saga(number: str, signal: Any, message: Any) -> None:
    try:
        await send_signal(names.order_saga(number), signal, message)
    except Gone:
        await refuse_ended(number)


async def wait_until_visible(rows: QuerySet) -> None:
    """Give what was asked for a moment to show in the mirror, so that it stands on the page that follows.

    A signal has no answer. Nothing depends on this: what takes longer gets there all the same.
    """
    for _look in range(LOOKS):
        if await rows.aexists():
            return
        await asyncio.sleep(BETWEEN_LOOKS)


async def existing_order(number: str) -> Order:
    order = await Order.objects.filter(number=number).afirst()
    if order is None:
        raise Refused(Refusal.UNKNOWN_ORDER, {"number": number})
    return order


async def refuse_ended(number: str) -> NoReturn:
    order = await existing_order(number)
    raise Refused(Refusal.ORDER_NOT_PENDING, {"number": number, "status": order.status})
