"""Doors to orders, approvals, expenses and stock, as staff."""

from asgiref.sync import sync_to_async
from django.db.models import F
from django.utils import timezone
from temporalio.common import WorkflowIDReusePolicy

from orders.models import ApprovalPolicy, ApprovalRequest, ExpenseRequest, StockAdjustment
from orders.models.approval import ApprovalKind
from orders.rules.approvals import tier_for
from orders.rules.refusals import Refusal
from orders.rules.status import OrderStatus, WaitingFor
from temporal_app import messages, names, policies
from temporal_app.calling import Gone, door, ended, send_signal, send_update, start_once
from temporal_app.client.asking import existing_order, refuse_ended, signal_saga
from temporal_app.refusals import Refused, Unavailable
from temporal_app.workflows.approval import ApprovalWorkflow
from temporal_app.workflows.order_fulfillment import OrderFulfillmentWorkflow
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from temporal_app.workflows.stock_adjustment import StockAdjustmentWorkflow


@door
async def decide(
    kind: str, subject: str, *, role: str, approved: bool, comment: str = "", by: str, fingerprint: str = ""
) -> messages.ApprovalState:
    """Decide for a role on an order (by number) or an expense (by id); answers how the approval stands then."""
    decision = messages.Decision(role, approved, comment, by, fingerprint)
    try:
        state = await send_update(names.approval(kind, subject), ApprovalWorkflow.decide, decision)
    except Gone:
        raise await sync_to_async(_who_decided)(kind, subject, role) from None
    except Refused as refused:
        if refused.code not in (Refusal.ALREADY_DECIDED, Refusal.APPROVAL_CLOSED):
            raise
        raise await sync_to_async(_who_decided)(kind, subject, role) from refused
    if state is None:
        raise Unavailable
    return state


def _who_decided(kind: str, subject: str, role: str) -> Refused:
    """Why it is too late to decide: who did so and when, where somebody did."""
    by_subject = {"order__number": subject} if kind == ApprovalKind.ORDER else {"expense_id": subject}
    request = ApprovalRequest.objects.filter(**by_subject).first()
    if request is None:
        return Refused(Refusal.ROLE_NOT_ASKED, {"role": role})
    decisions = request.decisions.filter(round=F("request__round")).select_related("person")
    decision = decisions.filter(role=role).first() or decisions.filter(approved=False).first()
    if decision is None:
        return Refused(Refusal.APPROVAL_CLOSED, {"outcome": request.outcome})
    code = Refusal.ALREADY_APPROVED_BY if decision.approved else Refusal.ALREADY_REJECTED_BY
    who = decision.person.get_full_name() or decision.person.get_username() if decision.person else decision.actor
    return Refused(code, {"who": who, "when": f"{timezone.localtime(decision.at):%H:%M}"})


@door
async def mark_shipped(number: str, *, carrier: str, tracking_number: str, by: str) -> None:
    """Report that an order's parcel has left the house."""
    order = await existing_order(number)
    if order.waiting_for != WaitingFor.SHIPMENT:
        raise Refused(Refusal.NOT_WAITING_FOR_SHIPMENT, {"number": number})
    shipping = messages.ShippingInfo(carrier, tracking_number, by)
    await signal_saga(number, OrderSagaWorkflow.mark_shipped, shipping)


@door
async def mark_delivered(number: str, *, by: str) -> None:
    """Report that an order's parcel has arrived. The saga hears of it when the fulfilment ends."""
    order = await existing_order(number)
    if order.waiting_for != WaitingFor.DELIVERY:
        params = {"number": number, "status": order.status, "target": OrderStatus.DELIVERED}
        raise Refused(Refusal.ILLEGAL_TRANSITION, params)
    try:
        delivery = messages.DeliveryInfo(by)
        await send_signal(names.fulfillment(number), OrderFulfillmentWorkflow.mark_delivered, delivery)
    except Gone:
        await refuse_ended(number)


@door
async def adjust_stock(adjustment_id: int) -> None:
    """Have a stock adjustment applied that a person has written down; tells where it cannot be."""
    id = names.stock_adjustment(adjustment_id)
    await start_once(StockAdjustmentWorkflow.run, adjustment_id, id=id, task_queue=names.ORDERS_QUEUE)
    await ended(id)
    adjustment = await StockAdjustment.objects.select_related("product").filter(pk=adjustment_id).afirst()
    if adjustment is not None and adjustment.refused:
        params = {"name": adjustment.product.name, "available": str(adjustment.product.available)}
        raise Refused(Refusal.STOCK_WOULD_BE_NEGATIVE, params)


@door
async def submit_expense(expense_id: int) -> None:
    """Have an expense decided that its requester has filed; it keeps the policy of this moment."""
    expense = await ExpenseRequest.objects.aget(pk=expense_id)
    tiers = await sync_to_async(ApprovalPolicy.objects.tiers)(ApprovalKind.EXPENSE)
    tier = tier_for(expense.amount, tiers)
    approval = messages.ApprovalInput(
        kind=ApprovalKind.EXPENSE,
        subject=str(expense_id),
        amount=expense.amount,
        roles=tier.roles,
        requested_by=names.user(expense.requester_id),
        fingerprint=expense.fingerprint(),
        deadline_seconds=tier.deadline_seconds,
        at_deadline=tier.at_deadline,
        remind_before_seconds=tier.remind_before_seconds,
        escalate_to=tier.escalate_to,
    )
    await start_once(
        ApprovalWorkflow.run,
        approval,
        id=names.approval(approval.kind, approval.subject),
        task_queue=names.ORDERS_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        execution_timeout=policies.approval_timeout(tier.deadline_seconds),
    )
