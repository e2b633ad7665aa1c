"""The ways to cancel an order."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from temporalio.client import WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy

from orders.models import Order
from orders.rules import identifiers
from temporal_app import connection, names
from temporal_app.messages import CancelRequest, OrderInput
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.factories.orders import ask, saga, start_saga
from tests.workflows.at_once import in_background

REQUEST = CancelRequest("changed_mind", by="customer:guest")


def by_update(order: Order) -> None:
    """Returns when everything is undone, however long that takes; the client function gives up after three seconds."""
    ask(saga(order).execute_update(OrderSagaWorkflow.cancel, REQUEST))


def by_signal(order: Order) -> None:
    ask(saga(order).signal(OrderSagaWorkflow.cancel_order, REQUEST))


def by_temporals_own_cancellation(order: Order) -> None:
    """As operators do in Temporal's own pages."""
    ask(saga(order).cancel())


def start_with_update(order: OrderInput) -> None:
    """Start a saga whose first task already has the update."""

    async def start() -> Any:
        operation = WithStartWorkflowOperation(
            OrderSagaWorkflow.run,
            order,
            id=identifiers.order_saga(order.number),
            task_queue=names.ORDERS_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
        )
        return await connection._shared.execute_update_with_start_workflow(
            OrderSagaWorkflow.cancel, REQUEST, start_workflow_operation=operation
        )

    ask(start())


@dataclass(frozen=True)
class Way:
    """
    A way to cancel.

    :param cancel: cancels a running saga
    :param said: what the timeline says: who asked for it, and the code of why
    """

    cancel: Callable[[Order], None]
    said: tuple[str, str] = (REQUEST.by, "cancelled")

    def start_cancelled(self, order: OrderInput) -> Future[None]:
        """Start a saga that is cancelled before its first task; wait for the result when a worker runs."""
        if self.cancel is by_update:
            return in_background(start_with_update, order)
        start_saga(order)
        self.cancel(Order.objects.get(number=order.number))
        asked: Future[None] = Future()
        asked.set_result(None)
        return asked


WAYS = {
    "by update": Way(by_update),
    "by signal": Way(by_signal),
    "by Temporal's own cancellation": Way(by_temporals_own_cancellation, said=("system", "in_temporal")),
}
