"""One of everything that the admin shows."""

from django.contrib.auth.models import User
from django.utils import timezone

from orders.models import (
    ApprovalPolicy,
    BankDebit,
    BankStatement,
    Cart,
    CompensationFailure,
    CreditAdjustment,
    ErasureRecord,
    ExpenseRequest,
    FailedWorkflow,
    GuestHold,
    MirrorCheck,
    Notification,
    OrderOpening,
    Outage,
    PaymentCheck,
    PaymentEvent,
    PolicyChange,
    Refund,
    RefundBatch,
    RefundTask,
    StatementLine,
    StockAdjustment,
)
from orders.models.policy_change import terms_of
from tests.factories.rows import make_approval, make_delegation


def make(mia: User, dora: User, root: User) -> dict[str, int | str]:
    """A row in every table that the admin shows, by the model's name: its key."""
    approval = make_approval()
    order, now = approval.order, timezone.now()
    tea, money = order.lines.get().product, {"amount": 1, "currency": "EUR"}
    at_risk = {"amount_at_risk": 1, "currency": "EUR", "happened_at": now}
    told = {"provider": "sandbox", "reported_by": "webhook:sandbox", "event_id": "e", "order_number": order.number}
    statement = BankStatement.objects.create(file="statements/march.xml", name="march.xml")
    payment_event = PaymentEvent.objects.create(**told, **money)
    terms = {**terms_of(ApprovalPolicy(kind="order", from_amount=78, roles=["manager"])), "kind": "order"}
    rows = [
        order,
        GuestHold.objects.create(order=order, until=now),
        approval,
        tea,
        payment_event,
        statement,
        make_delegation(mia, dora),
        ApprovalPolicy.objects.create(kind="order", from_amount=77, roles=["manager"]),
        PolicyChange.objects.create(kind="order", from_amount=78, after=terms, proposed_by=mia),
        ExpenseRequest.objects.create(requester=root, amount=5, category="Travel", description="Tram"),
        StockAdjustment.objects.create(product=tea, delta=3, reason="Counted", requested_by=mia),
        Cart.objects.create(cart_id="c" * 32, changed_at=now, closes_at=now),
        Notification.objects.create(key="k", kind="order_placed", recipient="order", order=order),
        CompensationFailure.objects.create(order=order, step="refund", error="x", **at_risk),
        StatementLine.objects.create(
            statement=statement, payment_event=payment_event, fingerprint="f", booked_on=now.date(), **money
        ),
        CreditAdjustment.objects.create(customer=root, amount=5, reason="x", asked_by=mia, request_key="k"),
        BankDebit.objects.create(
            statement=statement, fingerprint="d", booked_on=now.date(), kind="taken_back", purpose="x", **money
        ),
        RefundBatch.objects.create(made_at=now, made_by="user:1", count=1, total=1, currency="EUR"),
        Refund.objects.create(order=order, reason="x", asked_by=mia, request_key="k", **money),
        RefundTask.objects.create(key="r", order_number=order.number, purpose="Refund", **money),
        FailedWorkflow.objects.create(run_id="r", workflow_id="w", workflow_type="t", ended_as="failed", closed_at=now),
        MirrorCheck.objects.create(workflow_id="m", requested_by="system", started_at=now),
        ErasureRecord.objects.create(asked_by="user:1", reason="Letter of 3 March", done_at=now, removed={"mails": 2}),
        OrderOpening.objects.create(order=order, person=mia),
        Outage.objects.create(provider="sandbox", began_at=now, last_at=now, calls=3),
        PaymentCheck.objects.create(workflow_id="w", kind="batch", requested_by="system", started_at=now),
    ]
    return {row._meta.model_name: row.pk for row in rows}
