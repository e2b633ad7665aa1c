"""Small factories for tests of the admin: named people, orders and the approvals they wait for.

They write rows as activities would leave them, for tests that look at pages and rules and not at how rows got there.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from django.contrib.auth.models import User

from orders.models import (
    ApprovalDecision,
    ApprovalLevel,
    ApprovalRequest,
    Delegation,
    ExpenseRequest,
    Order,
    Product,
)
from orders.models.order import OrderLine
from orders.rules.approvals import LevelState
from orders.rules.status import WaitingFor
from tests.factories.products import make_product

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def make_order(total: str = "300.00", *, at: datetime = NOON, **columns: object) -> Order:
    """An order of one line that costs `total`."""
    product = Product.objects.filter(sku="CHAI-10").first() or make_product(
        "CHAI-10", name="Chai, 10 boxes", price=Decimal("18.00")
    )
    address = {
        "name": "Maria Anders",
        "email": "maria@example.test",
        "street": "Obere Str. 57",
        "postal_code": "12209",
        "city": "Berlin",
        "country": "Germany",
    }
    order = Order.place(at=at, lines=[], cart_id=uuid4().hex, **{"payment_method": "sandbox", **address, **columns})
    OrderLine.objects.create(
        order=order,
        product=product,
        sku=product.sku,
        name=product.name,
        unit_price=Decimal(total),
        quantity=1,
    )
    order.count_total()
    return order


def make_approval(
    order: Order | None = None,
    *,
    levels: dict[str, str] | None = None,
    expense: ExpenseRequest | None = None,
    deadline: datetime = NOON + timedelta(days=7),
    **columns: object,
) -> ApprovalRequest:
    """An approval that waits; by default for a manager."""
    order = order or (None if expense else make_order())
    if order:
        order.wait_for(WaitingFor.APPROVAL, deadline)
    defaults = {
        "kind": "order" if order else "expense",
        "requested_by": f"user:{expense.requester_id}" if expense else "customer:guest",
        "amount": order.total if order else expense.amount,
        "fingerprint": order.fingerprint() if order else "e" * 16,
        "requested_at": NOON,
        "deadline": deadline,
    }
    request = ApprovalRequest.objects.create(order=order, expense=expense, **{**defaults, **columns})
    for position, (role, state) in enumerate((levels or {"manager": LevelState.PENDING}).items()):
        ApprovalLevel.objects.create(request=request, role=role, state=state, position=position)
    return request


def make_decision(
    request: ApprovalRequest, person: User, role: str, *, approved: bool = True, **columns: object
) -> None:
    """A decision as an activity records it, level and all."""
    ApprovalDecision.objects.create(
        **{
            "request": request,
            "round": request.round,
            "role": role,
            "approved": approved,
            "actor": f"user:{person.pk}",
            "person": person,
            "amount": request.amount,
            "fingerprint": request.fingerprint,
            "at": NOON,
            **columns,
        }
    )
    state = LevelState.APPROVED if approved else LevelState.REJECTED
    request.levels.filter(role=role).update(state=state)


def make_delegation(delegator: User, delegate: User, *, since: datetime = NOON, days: int = 7) -> Delegation:
    """`delegate` acts for `delegator` for some days."""
    return Delegation.objects.create(
        delegator=delegator, delegate=delegate, starts_at=since, ends_at=since + timedelta(days=days)
    )
