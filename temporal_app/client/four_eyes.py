"""Four eyes at the door of client functions; the activities behind them look again."""

from asgiref.sync import sync_to_async

from orders.authorization.own_orders import check_not_own
from orders.models import Order
from orders.rules.refusals import RuleBroken
from temporal_app.client.errors import Refused


async def refuse_own(number: str, by: str) -> None:
    """Begin nothing about the money of an order that is somebody's own, where there is such an order.

    :param by: who wants it, e.g. `user:17`
    :raises Refused: it is their own
    """
    order = await Order.objects.filter(number=number).afirst()
    try:
        await sync_to_async(check_not_own)(order, by)
    except RuleBroken as broken:
        raise Refused(broken.code, broken.params) from broken
