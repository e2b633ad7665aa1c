"""Sweeping reservations whose time is up."""

from orders.models import GuestHold, Order
from orders.rules import identifiers
from temporal_app import connection, names
from temporal_app.workflows.reservation_sweep import ReservationSweepWorkflow
from tests.factories.orders import ask


def sweep_lapsed(*orders: Order) -> None:
    """The time of these orders' guests is up; sweep once."""
    for order in orders:
        GuestHold.objects.filter(order=order).update(until=order.placed_at)
    handle = connection._shared.execute_workflow(
        ReservationSweepWorkflow.run, id=identifiers.RESERVATION_SWEEP, task_queue=names.PAYMENT_CHECKS_QUEUE
    )
    ask(handle)
