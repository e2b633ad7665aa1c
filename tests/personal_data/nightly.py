"""The night's work, now."""

from orders.rules import identifiers
from temporal_app import connection, names
from temporal_app.workflows.retention import RetentionWorkflow
from tests.factories.orders import ask


def tidy() -> dict[str, int]:
    """Remove what has been kept long enough; returns how much of each kind."""
    handle = connection._shared.execute_workflow(
        RetentionWorkflow.run, id=identifiers.RETENTION, task_queue=names.PAYMENT_CHECKS_QUEUE
    )
    return ask(handle)
