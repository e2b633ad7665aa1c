"""Many orders that wait for their money, as activities would leave them, written at once."""

from datetime import UTC, datetime
from decimal import Decimal

from orders.models import Order, Payment, SandboxPayment
from orders.rules.states import LedgerState

AMOUNT = Decimal("43.90")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ADDRESS = {"name": "Maria Anders", "email": "maria@example.test", "street": "Obere Str. 57", "postal_code": "12209"}


def make_waiting(count: int, *, paid: int = 0, method: str = "sandbox", tag: str = "r") -> list[str]:
    """Orders that wait, each held at the provider as `{tag}_{number}`; the first `paid` are paid there."""
    first = (Order.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    numbers = [f"ORD-2026-{position:06d}" for position in range(first, first + count)]
    orders = Order.objects.bulk_create(
        Order(
            number=number,
            cart_id=f"cart{number}",
            payment_method=method,
            waiting_for="payment",
            total=AMOUNT,
            placed_at=NOON,
            city="Berlin",
            country="Germany",
            **ADDRESS,
        )
        for number in numbers
    )
    Payment.objects.bulk_create(
        Payment(
            order=order,
            provider=method,
            reference=f"{tag}_{order.number}",
            amount=AMOUNT,
            currency="EUR",
            state="held",
        )
        for order in orders
    )
    SandboxPayment.objects.bulk_create(
        SandboxPayment(
            reference=f"{tag}_{number}",
            order_number=number,
            amount=AMOUNT,
            currency="EUR",
            state=LedgerState.AUTHORISED if position < paid else LedgerState.OPEN,
        )
        for position, number in enumerate(numbers)
    )
    return numbers
