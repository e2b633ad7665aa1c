"""Ways to cancel, and to do so at a chosen moment."""

from typing import Any

import pytest

from orders.models import Order
from temporal_app import client
from temporal_app.messages import CancelRequest
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.factories.orders import ask, eventually, saga, wait_until
from tests.workflows.at_once import in_background
from tests.workflows.outside import Slow

REQUEST = CancelRequest("changed_mind", by="customer:guest")


def by_update(order: Order) -> None:
    client.cancel_order(order.number, reason=REQUEST.reason, by=REQUEST.by)


def by_patient_update(order: Order) -> None:
    """Without a client function, which gives up after three seconds."""
    ask(saga(order).execute_update(OrderSagaWorkflow.cancel, REQUEST))


def by_signal(order: Order) -> None:
    ask(saga(order).signal(OrderSagaWorkflow.cancel_order, REQUEST))


def by_temporals_own_cancellation(order: Order) -> None:
    ask(saga(order).cancel())


EITHER_WAY = pytest.mark.parametrize("cancel", [by_update, by_signal])
ANY_WAY = pytest.mark.parametrize("cancel", [by_update, by_signal, by_temporals_own_cancellation])


def cancel_while(slow: Slow, order: Order, cancel: Any) -> None:
    """Cancel while a call is under way, and let it end once the saga has heard."""
    assert slow.begun.wait(60)
    cancelling = in_background(cancel, order)
    eventually(lambda: ask(saga(order).query(OrderSagaWorkflow.get_full_state)).cancel_reason)
    slow.may_go_on.set()
    cancelling.result()
    wait_until(order, status="cancelled")
