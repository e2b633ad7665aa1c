"""The watch over workflows that ended badly."""

from orders.rules import identifiers
from temporal_app import connection, names
from temporal_app.workflows.workflow_watch import WorkflowWatchWorkflow
from tests.factories.orders import ask


def watch() -> int:
    """Look once; answers of how many workflows operations are told."""
    handle = connection._shared.execute_workflow(
        WorkflowWatchWorkflow.run, id=identifiers.WORKFLOW_WATCH, task_queue=names.PAYMENT_CHECKS_QUEUE
    )
    return ask(handle)
