"""What happens while histories of store credit are recorded: paid with it wholly and partly, adjusted and approved."""

from decimal import Decimal
from uuid import uuid4

from temporalio.testing import WorkflowEnvironment

from orders.models import CreditAdjustment, Order
from orders.rules import actors
from temporal_app import client
from tests.factories.accounts import make_customer, mirrored
from tests.factories.orders import eventually, make_contact, pay, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.unmatched import report
from tests.histories.scenarios import Scenario


def order_with_credit(carla: int, *, payment_method: str, credit: str = "0.00") -> Order:
    """A tea of this customer, for 100.00."""
    cart_id = uuid4().hex
    client.add_to_cart(cart_id, sku="TEA", quantity=1, customer_id=carla, request_id=uuid4().hex)
    make_contact(cart_id)
    by = actors.customer(carla)
    number = client.check_out(cart_id, payment_method=payment_method, by=by, credit=Decimal(credit))
    return Order.objects.get(number=number)


def cancel(order: Order) -> None:
    client.cancel_order(order.number, reason="changed_mind", by=actors.customer(order.customer_id))
    wait_until(order, status="cancelled")


def paid_with_credit(_environment: WorkflowEnvironment) -> None:
    make_product()
    order = order_with_credit(make_customer(credit="130.00"), payment_method="credit")
    wait_until(order, waiting_for="shipment")
    cancel(order)


def paid_partly_with_credit(_environment: WorkflowEnvironment) -> None:
    make_product()
    order = order_with_credit(make_customer(credit="30.00"), payment_method="sandbox", credit="30.00")
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")
    cancel(order)


def credit_approved(_environment: WorkflowEnvironment) -> None:
    fritz, mia, dora = make_user("fritz", "finance"), make_user("mia", "manager"), make_user("dora", "director")
    carla = make_customer()
    columns = {"customer_id": carla, "amount": Decimal("100.00"), "reason": "late parcel", "asked_by": fritz}
    given = CreditAdjustment.objects.create(**columns)
    client.adjust_credit(given.pk)
    client.decide("credit", str(given.pk), role="manager", approved=True, by=actors.user(mia.pk))
    eventually(lambda: mirrored(carla))
    make_product()
    order = order_with_credit(carla, payment_method="sandbox")
    wait_until(order, waiting_for="payment")
    event = report(order, amount=Decimal("1480.00"))
    decision = event.decisions.create(action="credit", mismatch=event.reason, decided_by=fritz)
    client.resolve_payment(decision.pk)
    for role, person in (("manager", mia), ("director", dora)):
        decided = {"role": role, "approved": True, "by": actors.user(person.pk)}
        client.decide("credit_payment", str(decision.pk), **decided)
    wait_until(order, waiting_for="shipment")
    eventually(lambda: mirrored(carla) > 1000)


WITH_CREDIT: tuple[Scenario, ...] = (paid_with_credit, paid_partly_with_credit, credit_approved)
