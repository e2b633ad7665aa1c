"""Words for steps that could not be undone, for what people decide about them, and for workflows that ended badly."""

from django.utils.translation import pgettext_lazy

from orders.labels.enums import Labels
from orders.models.compensation import ReversalAction
from orders.models.failed_workflow import WorkflowEnd
from orders.rules.states import ReversalState

reversal_step = Labels(
    None,
    {
        "payment": pgettext_lazy("step of an order", "Payment"),
        "shipping": pgettext_lazy("step of an order", "Shipping"),
        "stock": pgettext_lazy("step of an order", "Stock"),
    },
)
reversal_state = Labels(
    ReversalState,
    {
        ReversalState.OPEN: pgettext_lazy("failed reversal", "Open"),
        ReversalState.UNDONE: pgettext_lazy("failed reversal", "Undone after all"),
        ReversalState.SETTLED_BY_HAND: pgettext_lazy("failed reversal", "Settled by hand"),
        ReversalState.WRITTEN_OFF: pgettext_lazy("failed reversal", "Written off"),
    },
)
reversal_action = Labels(
    ReversalAction,
    {
        ReversalAction.RETRY: pgettext_lazy("about a failed reversal", "Retry"),
        ReversalAction.SETTLE: pgettext_lazy("about a failed reversal", "Settled by hand"),
        ReversalAction.WRITE_OFF: pgettext_lazy("about a failed reversal", "Write off"),
    },
)
workflow_end = Labels(
    WorkflowEnd,
    {
        WorkflowEnd.FAILED: pgettext_lazy("a workflow", "Failed"),
        WorkflowEnd.TIMED_OUT: pgettext_lazy("a workflow", "Timed out"),
        WorkflowEnd.TERMINATED: pgettext_lazy("a workflow", "Terminated"),
    },
)
workflow_status = Labels(
    None,  # Temporal's own
    {
        "RUNNING": pgettext_lazy("a workflow", "Running"),
        "COMPLETED": pgettext_lazy("a workflow", "Completed"),
        "FAILED": pgettext_lazy("a workflow", "Failed"),
        "CANCELED": pgettext_lazy("a workflow", "Cancelled"),
        "TERMINATED": pgettext_lazy("a workflow", "Terminated"),
        "CONTINUED_AS_NEW": pgettext_lazy("a workflow", "Continued in another run"),
        "TIMED_OUT": pgettext_lazy("a workflow", "Timed out"),
    },
)
