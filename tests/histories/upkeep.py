"""What the shop does by itself while a history is recorded; see `scenarios`."""

from django.utils import timezone
from temporalio.testing import WorkflowEnvironment

from orders.models import ErasureRecord, Throttle
from temporal_app import client
from tests.factories.orders import place_order, wait_until, write_order
from tests.factories.payments import make_payment_event
from tests.factories.products import make_product
from tests.factories.rows import make_order
from tests.histories.scenarios import Scenario
from tests.invariants.checking import check_mirror, let_it_age
from tests.payment_checks.sweeping import let_it_wait, sweep
from tests.personal_data.nightly import tidy
from tests.workflows.lapsing import sweep_lapsed
from tests.workflows.watching import watch


def swept(_environment: WorkflowEnvironment) -> None:
    make_product()
    order = place_order()
    wait_until(order, waiting_for="payment")
    let_it_wait(make_payment_event(order, reference=order.payments.get().reference))
    let_it_wait(make_payment_event())
    sweep()
    wait_until(order, waiting_for="shipment")


def watched(_environment: WorkflowEnvironment) -> None:
    watch()


def mirror_checked(_environment: WorkflowEnvironment) -> None:
    make_product(reserved=7)
    write_order()
    let_it_wait(make_payment_event())
    let_it_age()
    check_mirror("--repair")


def reservations_swept(_environment: WorkflowEnvironment) -> None:
    make_product()
    order = place_order()
    wait_until(order, waiting_for="payment")
    sweep_lapsed(order)
    wait_until(order, status="cancelled")


def retained(_environment: WorkflowEnvironment) -> None:
    Throttle.objects.create(key="k", until=timezone.now())
    tidy()


def customer_erased(_environment: WorkflowEnvironment) -> None:
    order = make_order(status="cancelled", ended_at=timezone.now())
    asked = {"asked_by": "user:1", "reason": "Her letter", "email": order.email}
    client.erase_customer(ErasureRecord.objects.create(**asked).pk)


UPKEEP: tuple[Scenario, ...] = (swept, watched, mirror_checked, reservations_swept, retained, customer_erased)
