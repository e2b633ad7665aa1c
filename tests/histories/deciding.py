"""What happens while histories of decisions about payments are recorded: shared out, credited, given back, and accepted
once a second person has approved it."""

from decimal import Decimal

from django.test import override_settings
from temporalio.testing import WorkflowEnvironment

from orders.models import ApprovalPolicy, Order, PaymentEvent, Resolution
from orders.rules import actors, identifiers
from temporal_app import client
from tests.factories.accounts import make_customer
from tests.factories.camt import IBAN
from tests.factories.orders import eventually, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.unmatched import report, resolve
from tests.histories.scenarios import Scenario, ended
from tests.histories.with_credit import order_with_credit

BY_TRANSFER = {"PAYMENT_METHODS": ["sandbox", "bank_transfer"], "BANK_IBAN": IBAN}


def waiting(carla: int, payment_method: str = "bank_transfer") -> Order:
    order = order_with_credit(carla, payment_method=payment_method)
    wait_until(order, waiting_for="payment")
    return order


def transfer(amount: str, order: Order | None = None) -> PaymentEvent:
    """More than an order costs, or for none."""
    return report(order, provider="bank_transfer", amount=Decimal(amount))


def wait_for_end(decision: Resolution) -> None:
    """Wait until it has been carried out, and its workflow is done."""
    eventually(lambda: ended(identifiers.payment_resolution(decision.pk)))


@override_settings(**BY_TRANSFER)
def shared_out_and_sent_back(_environment: WorkflowEnvironment) -> None:
    carla, _tea = make_customer(), make_product()
    orders = [waiting(carla), waiting(carla)]
    event = transfer("205.00")
    resolve(event, "allocate", shares=[[order.number, "100.00"] for order in orders])
    for order in orders:
        wait_until(order, waiting_for="shipment")
    wait_for_end(resolve(event.shares.get(outcome="unmatched"), "refund"))


@override_settings(**BY_TRANSFER)
def credited_and_given_back(_environment: WorkflowEnvironment) -> None:
    carla, _tea = make_customer(), make_product()
    credited, given_back = waiting(carla), waiting(carla)
    decisions = [
        resolve(transfer("150.00", credited), "credit"),
        resolve(transfer("180.00", given_back), "give_back"),
    ]
    for order, decision in zip((credited, given_back), decisions, strict=True):
        wait_until(order, waiting_for="shipment")
        wait_for_end(decision)


def accepted_by_two(_environment: WorkflowEnvironment) -> None:
    ApprovalPolicy.objects.get_or_create(kind="accept_difference", from_amount="50.00", defaults={"roles": ["manager"]})
    mia, carla, _tea = make_user("mia", "manager"), make_customer(), make_product()
    order = waiting(carla, "sandbox")
    decision = resolve(report(order, amount=Decimal("40.00")), "accept")
    by = actors.user(mia.pk)
    client.decide("accept_difference", str(decision.pk), role="manager", approved=True, by=by)
    wait_until(order, waiting_for="shipment")
    wait_for_end(decision)


DECIDING: tuple[Scenario, ...] = (shared_out_and_sent_back, credited_and_given_back, accepted_by_two)
KEPT = {"PaymentResolutionWorkflow", "ApprovalWorkflow"}  # what their orders go through is recorded elsewhere
