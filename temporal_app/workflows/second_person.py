"""Asking a second person about what somebody wants to do about money; shared by all errands that may need one.

The errand ends with the question: it lasts minutes, an approval days. What was asked for is begun anew by the approval
that was given (`errands`).
"""

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from orders.rules import identifiers
    from temporal_app import names, policies
    from temporal_app.messages import ApprovalInput
    from temporal_app.workflows.approval import ApprovalWorkflow


async def ask_second_person(approval: ApprovalInput) -> None:
    """Have other people decide, once; the approval goes on by itself."""
    try:
        await workflow.start_child_workflow(
            ApprovalWorkflow.run,
            approval,
            id=identifiers.approval(approval.kind, approval.subject),
            task_queue=names.ORDERS_QUEUE,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            execution_timeout=policies.approval_timeout(approval.deadline_seconds),
        )
    except WorkflowAlreadyStartedError:
        workflow.logger.info("%s %s has been asked about before", approval.kind, approval.subject)
