"""Client functions to failed reversals, and to what is written off: what a person has decided and written down is
carried out, once."""

from decimal import Decimal

from asgiref.sync import sync_to_async
from temporalio.common import WorkflowIDReusePolicy

from orders.authorization.own_orders import barred_from
from orders.models import ApprovalPolicy, ApprovalRequest, DebitWriteOff, Order, ReversalDecision
from orders.models.approval import ApprovalKind
from orders.rules import actors, identifiers
from orders.rules.approvals import deciding_tier
from orders.rules.refusals import Refusal
from orders.rules.states import ResolutionState
from temporal_app import messages, names, policies
from temporal_app.client.calls import UNLESS_DONE, client_function, ended, start_once
from temporal_app.client.errors import Refused
from temporal_app.client.four_eyes import refuse_own
from temporal_app.client.mirror import wait_until_visible
from temporal_app.workflows.approval import ApprovalWorkflow
from temporal_app.workflows.compensation_retry import CompensationRetryWorkflow
from temporal_app.workflows.compensation_settlement import CompensationSettlementWorkflow


@client_function
async def retry_compensation(decision_id: int) -> ReversalDecision:
    """Have a step undone once more; returns how far that is.

    :raises Refused: it still could not be undone, or is about an order of their own
    """
    decision = await _decided(decision_id)
    workflow_id = identifiers.retry_compensation(decision.failure_id)
    await start_once(CompensationRetryWorkflow.run, decision.failure_id, id=workflow_id, task_queue=names.ORDERS_QUEUE)
    await ended(workflow_id)
    await decision.arefresh_from_db()
    if decision.state == ResolutionState.REFUSED:
        raise Refused(Refusal.STILL_NOT_UNDONE, {"error": decision.result})
    return decision


@client_function
async def settle_compensation(decision_id: int) -> ReversalDecision:
    """Have noted that a step was settled by hand; returns how far that is.

    :raises Refused: it was settled before, or is about an order of their own
    """
    decision = await _decided(decision_id)
    workflow_id = identifiers.settle_compensation(decision_id)
    await start_once(
        CompensationSettlementWorkflow.run,
        decision_id,
        id=workflow_id,
        task_queue=names.ORDERS_QUEUE,
        id_reuse_policy=UNLESS_DONE,
    )
    await ended(workflow_id)
    await decision.arefresh_from_db()
    if decision.state == ResolutionState.REFUSED:
        raise Refused(Refusal.REVERSAL_SETTLED)
    return decision


async def _decided(decision_id: int) -> ReversalDecision:
    """A decision, which is for no order of who took it.

    :raises Refused: it is; then it is never carried out
    """
    decision = await ReversalDecision.objects.select_related("failure__order").aget(pk=decision_id)
    await refuse_own(decision.failure.order.number, actors.user(decision.decided_by_id))
    return decision


@client_function
async def ask_to_write_off(decision_id: int) -> None:
    """Have other people decide on a write-off, once; it keeps the policy of this moment.

    :raises Refused: it is about an order of their own
    """
    decision = await _decided(decision_id)
    await _ask(ApprovalKind.WRITE_OFF, decision, decision.failure.at_risk, decision.failure.order)
    await wait_until_visible(ApprovalRequest.objects.filter(write_off=decision_id))


@client_function
async def ask_to_write_off_debit(write_off_id: int) -> None:
    """The same about money that our bank took.

    :raises Refused: it is about an order of their own
    """
    write_off = await DebitWriteOff.objects.select_related("debit", "asked_by").aget(pk=write_off_id)
    debit, by = write_off.debit, actors.user(write_off.asked_by_id)
    await refuse_own(debit.order_number, by)
    order = await Order.objects.filter(number=debit.order_number).afirst()
    await _ask(ApprovalKind.DEBIT_WRITE_OFF, write_off, debit.amount, order)
    await wait_until_visible(ApprovalRequest.objects.filter(debit_write_off=write_off_id))


async def _ask(kind: ApprovalKind, row: ReversalDecision | DebitWriteOff, amount: Decimal, order: Order | None) -> None:
    """Somebody else always decides: below the lowest policy that one's roles, and without any a manager."""
    by = row.decided_by_id if isinstance(row, ReversalDecision) else row.asked_by_id
    barred = await sync_to_async(barred_from)(order)
    tiers = await sync_to_async(ApprovalPolicy.objects.tiers)(ApprovalKind.WRITE_OFF)
    tier = deciding_tier(amount, tiers)
    approval = messages.ApprovalInput(
        kind=kind,
        subject=str(row.pk),
        amount=amount,
        roles=tier.roles,
        requested_by=actors.user(by),
        fingerprint=row.fingerprint(),
        deadline_seconds=tier.deadline_seconds,
        at_deadline=tier.at_deadline,
        remind_before_seconds=tier.remind_before_seconds,
        escalate_to=tier.escalate_to,
        barred=barred,
    )
    await start_once(
        ApprovalWorkflow.run,
        approval,
        id=identifiers.approval(approval.kind, approval.subject),
        task_queue=names.ORDERS_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        execution_timeout=policies.approval_timeout(tier.deadline_seconds),
    )
