"""What client functions read in the database before and after they ask Temporal."""

import asyncio
from typing import Any, NoReturn

from django.conf import settings
from django.db.models import QuerySet

from orders.models import Order
from orders.rules.refusals import Refusal
from temporal_app.client.errors import Refused

BETWEEN_LOOKS = 0.05  # seconds


async def wait_until_visible(rows: QuerySet[Any]) -> None:
    """Give what was asked for a moment to show in the mirror, so that it stands on the page that follows.

    A signal has no answer. Nothing depends on this: what takes longer gets there all the same.
    """
    for _look in range(int(settings.SHOWN_WITHIN_SECONDS / BETWEEN_LOOKS)):
        if await rows.aexists():
            return
        await asyncio.sleep(BETWEEN_LOOKS)


async def existing_order(number: str) -> Order:
    """The order.

    :raises Refused: there is none of this number
    """
    order = await Order.objects.filter(number=number).afirst()
    if order is None:
        raise Refused(Refusal.UNKNOWN_ORDER, {"number": number})
    return order


async def refuse_ended(number: str) -> NoReturn:
    """Say that an order whose workflow takes no messages any more has ended.

    :raises Refused: always; there is no such order, or it is not pending
    """
    order = await existing_order(number)
    raise Refused(Refusal.ORDER_NOT_PENDING, {"number": number, "status": order.status})
