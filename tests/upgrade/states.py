"""The states in which an order may be when a new version of the worker comes: how one gets there."""

from contextlib import suppress
from uuid import uuid4

import pytest
from django.conf import settings

from orders.models import ApprovalPolicy, CartItem, ExpenseRequest, Order
from orders.payments.gateway import PaymentGateway
from orders.payments.sandbox import SandboxGateway
from orders.rules import actors, identifiers
from temporal_app import client, connection
from temporal_app.activities import payments
from temporal_app.client.errors import ClientError
from tests.factories.orders import ask, eventually, make_contact, pay, place_order, ship, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.payments.unreliable import Fault, UnreliableGateway
from tests.upgrade.versions import make_current
from tests.workflows.outside import FOR_GOOD, BusyCarrier, use_carrier

GUEST = "customer:guest"
PEOPLE = {"mia": "manager", "dora": "director"}
PROVIDER_CALLS = ("hold", "capture", "refund")


def become_current() -> None:
    """Where workers have a version, this one is the first that counts."""
    if build_id := getattr(settings, "TEMPORAL_WORKER_BUILD_ID", ""):
        place = {"address": connection.address(), "namespace": connection.namespace()}
        make_current(build_id, deployment=settings.TEMPORAL_DEPLOYMENT_NAME, **place)


def leave() -> dict[str, str]:
    """What waits for people, by name of the state: an order's number, or what else names it."""
    keys = {name: make_user(name, role).pk for name, role in PEOPLE.items()}
    for sku, price in (("TEA", "20.00"), ("POT", "300.00"), ("SAMOVAR", "2000.00")):
        make_product(sku, price=price)
    approval, second = place_order(("POT", 1)), place_order(("SAMOVAR", 1))
    for order in (approval, second):
        wait_until(order, waiting_for="approval")
    client.decide("order", second.number, role="manager", approved=True, by=actors.user(keys["mia"]))
    payment, changed = paying(), paying()
    client.add_order_item(changed.number, sku="TEA", quantity=1, by=GUEST)
    eventually(lambda: changed.payments.filter(attempt=2, state="held").exists())
    client.monitor_payment(payment.number, by="user:1")
    return {
        "cart": open_cart(),
        "approval": approval.number,
        "second approval": second.number,
        "payment": payment.number,
        "payment, changed before": changed.number,
        "expense": submitted_expense(keys["dora"]),
        "shipment": paid().number,
        "delivery": shipped().number,
    }


def leave_failing(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What waits for a provider or carrier that does not answer, as far as this process is concerned."""
    booking, capture, undo = paying(), paying(), paid()
    use_carrier(monkeypatch, BusyCarrier(Fault.BEFORE, "book"))
    pay(booking)
    wait_until(booking, status="paid")
    gateway: PaymentGateway = SandboxGateway()
    for method in PROVIDER_CALLS:
        gateway = UnreliableGateway(gateway, Fault.BEFORE, method, FOR_GOOD)
    monkeypatch.setattr(payments, "gateway_for", lambda _method: gateway)
    hold = place_order()
    pay(capture)
    with suppress(ClientError):  # it is undone for as long as its money cannot be given back
        client.cancel_order(undo.number, reason="changed_mind", by=GUEST)
    failing = {"hold_payment": hold, "capture_payment": capture, "schedule_shipping": booking, "return_money": undo}
    for step, order in failing.items():
        eventually(lambda step=step, order=order: fails(step, order))
    return {f"{step} fails": order.number for step, order in failing.items()}


def fails(step: str, order: Order) -> bool:
    """Whether a step of an order has failed, and is tried again."""
    carried = [identifiers.order_saga(order.number)]
    if step == "schedule_shipping":
        carried.append(identifiers.fulfillment(order.number))
    told = [ask(connection._shared.get_workflow_handle(one).describe()).raw_description for one in carried]
    pending = [activity for one in told for activity in one.pending_activities]
    return any(activity.activity_type.name == step and activity.attempt > 1 for activity in pending)


def open_cart() -> str:
    """A cart with something in it, and who wants it."""
    cart_id = uuid4().hex
    client.add_to_cart(cart_id, sku="TEA", quantity=1, request_id="first")
    make_contact(cart_id)
    eventually(lambda: CartItem.objects.filter(cart__cart_id=cart_id).exists())
    return cart_id


def submitted_expense(requester: int) -> str:
    """An expense that waits for a manager."""
    ApprovalPolicy.objects.get_or_create(kind="expense", from_amount="0.00", defaults={"roles": ["manager"]})
    asked = {"requester_id": requester, "amount": "42.00", "category": "Travel", "description": "Tram"}
    expense = ExpenseRequest.objects.create(**asked)
    client.submit_expense(expense.pk)
    eventually(lambda: hasattr(ExpenseRequest.objects.get(pk=expense.pk), "approval"))
    return str(expense.pk)


def paying() -> Order:
    """An order that waits for its money."""
    order = place_order()
    wait_until(order, waiting_for="payment")
    return order


def paid() -> Order:
    """An order that waits to be shipped."""
    order = paying()
    pay(order)
    wait_until(order, waiting_for="shipment")
    return order


def shipped() -> Order:
    """An order whose parcel is on its way."""
    order = paid()
    ship(order)
    wait_until(order, waiting_for="delivery")
    return order
