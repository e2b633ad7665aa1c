"""A refund in part: approved where the amount asks for it, then sent once."""

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from orders.rules import identifiers
    from orders.rules.approvals import ApprovalOutcome
    from orders.rules.refusals import Refusal
    from temporal_app import names, policies
    from temporal_app.activities import refunds
    from temporal_app.messages import ApprovalInput, PendingOperation, RefundRefusal
    from temporal_app.workflows import steps
    from temporal_app.workflows.approval import ApprovalWorkflow
    from temporal_app.workflows.saga_state import iso
    from temporal_app.workflows.sending_back import refusal_in, send_once


@workflow.defn
class RefundWorkflow:
    """Gives some of an order's money back; what cannot be given back is said, and changes nothing."""

    def __init__(self) -> None:
        self._step, self._since = "", 0.0

    @workflow.run
    async def run(self, refund_id: int) -> str:
        """Weigh it, have it approved where that is asked for, send it; returns what came of it."""
        outcome = await self._carry_out(refund_id)
        self._begin("")
        return outcome

    async def _carry_out(self, refund_id: int) -> str:
        try:
            self._begin("weigh_refund")
            plan = await steps.record(refunds.weigh_refund, refund_id)
            if not plan.wanted:
                return "not wanted"
            refusal = None
            if plan.approval:
                self._begin("approval")
                refusal = await _rejection(refund_id, plan.approval)
            if refusal is None:
                self._begin("send_refund")
                await _send(refund_id)
                return "done"
        except FailureError as failure:
            refused = refusal_in(failure, provider=Refusal.REFUND_IMPOSSIBLE)
            if refused is None:  # it was broken off; the same refund, sent again, is taken up
                raise
            refusal = RefundRefusal(refund_id, *refused)
        await steps.record(refunds.refuse_refund, refusal)
        return "refused"

    def _begin(self, step: str) -> None:
        self._step, self._since = step, workflow.time()

    @workflow.query
    def get_pending_operations(self) -> list[PendingOperation]:
        """The step that it is at; nothing after the end."""
        return [PendingOperation(self._step, iso(self._since), id=self._step, kind="step")] if self._step else []


async def _rejection(refund_id: int, approval: ApprovalInput) -> RefundRefusal | None:
    """Have others decide; what to say where they do not approve."""
    child = await steps.start_child(
        ApprovalWorkflow.run,
        approval,
        id=identifiers.approval(approval.kind, approval.subject),
        execution_timeout=policies.approval_timeout(approval.deadline_seconds),
    )
    result = await child
    if result.outcome == ApprovalOutcome.APPROVED:
        return None
    return RefundRefusal(refund_id, Refusal.REFUND_REJECTED, {"reason": result.reason}, by=result.by)


async def _send(refund_id: int) -> None:
    provider = await steps.record(refunds.begin_refund, refund_id)
    if provider:
        queue = names.calls_queue(provider)
        await send_once(refunds.send_refund, refund_id, note_unknown=refunds.note_refund_unknown, task_queue=queue)
