"""What happens while a history of a refund in part is recorded."""

from contextlib import suppress

from temporalio.testing import WorkflowEnvironment

from orders.models import ApprovalPolicy, Refund
from orders.rules import actors
from temporal_app import client
from temporal_app.client.errors import Refused
from tests.factories.orders import eventually, pay, start_order, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.refunds import ask_refund


def refunded_in_part(_environment: WorkflowEnvironment) -> None:
    ApprovalPolicy.objects.get_or_create(kind="refund", from_amount="100.00", defaults={"roles": ["manager"]})
    fiona, mia = make_user("fiona", "finance"), make_user("mia", "manager")
    make_product(price="150.00")
    order = start_order()
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")
    client.refund_in_part(ask_refund(order, fiona, "20.00").pk)
    approved = ask_refund(order, fiona, "110.00")
    client.refund_in_part(approved.pk)
    client.decide("refund", str(approved.pk), role="manager", approved=True, by=actors.user(mia.pk))
    eventually(lambda: Refund.objects.filter(pk=approved.pk, state="done").exists())
    with suppress(Refused):
        client.refund_in_part(ask_refund(order, fiona, "50.00").pk)
