"""Two versions of the worker side by side: an order goes on with the newer one, a short errand ends where it began."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.test import override_settings
from temporalio.api.enums.v1 import RoutingConfigUpdateState
from temporalio.api.workflowservice.v1 import DescribeWorkerDeploymentRequest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import VersioningBehavior

from orders.models import Order, StockAdjustment
from orders.rules import identifiers
from temporal_app import client
from temporal_app import worker as workers
from temporal_app.client import inspect_order
from temporal_app.versioning import as_version, deployment
from tests import serving
from tests.factories.orders import ask, eventually, pay, start_order, wait_until
from tests.factories.products import make_product
from tests.upgrade.versions import make_current

ERRANDS = {
    "CompensationRetryWorkflow",
    "CompensationSettlementWorkflow",
    "CreditAdjustmentWorkflow",
    "CustomerErasureWorkflow",
    "OrderReopeningWorkflow",
    "PaymentResolutionWorkflow",
    "DebitSettlementWorkflow",
    "PaymentPageWorkflow",
    "RefundExportWorkflow",
    "RefundTaskWorkflow",
    "RefundWithdrawalWorkflow",
    "StatementImportWorkflow",
    "StockAdjustmentWorkflow",
}


@contextmanager
def version(build_id: str, temporal: Client) -> Iterator[None]:
    """Our workers under this build id; for as long as it lasts they take what is meant for it."""
    with override_settings(TEMPORAL_WORKER_BUILD_ID=build_id), serving.workers_on(temporal):
        yield


def roll_out(build_id: str, temporal: Client) -> None:
    address = temporal.service_client.config.target_host
    make_current(build_id, deployment="shop", address=address, namespace=temporal.namespace)
    eventually(lambda: ask(routing(temporal)) == RoutingConfigUpdateState.ROUTING_CONFIG_UPDATE_STATE_COMPLETED)


async def routing(temporal: Client) -> RoutingConfigUpdateState:
    """Whether all parts of Temporal's queues know by now which version is current; until then some ask the old one."""
    request = DescribeWorkerDeploymentRequest(namespace=temporal.namespace, deployment_name="shop")
    answer = await temporal.workflow_service.describe_worker_deployment(request)
    return answer.worker_deployment_info.routing_config_update_state


def behaviour_said_by(workflow: type) -> VersioningBehavior | None:
    """What a workflow type says of itself; otherwise the worker's default holds."""
    return getattr(workflow, "__temporal_workflow_definition").versioning_behavior


def builds_of(order: Order) -> set[str]:
    """On which version an order's workflows ran last."""
    return {seen.build_id for seen in inspect_order(order.number).workflows if seen.is_running}


@pytest.fixture
def waiting(transactional_db: None, temporal: Client) -> Iterator[Order]:
    """An order that waits for its money, begun by version `one`; its worker still runs."""
    with version("one", temporal):
        roll_out("one", temporal)
        make_product()
        order = start_order()
        wait_until(order, waiting_for="payment")
        yield order


def test_an_order_goes_on_with_the_version_that_is_current(waiting: Order, temporal: Client):
    begun_on = builds_of(waiting)

    with version("two", temporal):
        roll_out("two", temporal)
        pay(waiting)
        wait_until(waiting, waiting_for="shipment")
        went_on = builds_of(waiting)

    assert (begun_on, went_on) == ({"one"}, {"two"})


def test_a_roll_back_takes_orders_back_to_the_version_before(waiting: Order, temporal: Client):
    with version("two", temporal):
        roll_out("two", temporal)
        pay(waiting)
        wait_until(waiting, waiting_for="shipment")
        roll_out("one", temporal)

    client.cancel_order(waiting.number, reason="changed_mind", by="customer:guest")
    wait_until(waiting, status="cancelled")

    assert inspect_order(waiting.number).workflows[0].build_id == "one"


def test_workers_without_a_version_hand_over_to_the_first_that_has_one(transactional_db: None, temporal: Client):
    make_product()
    with serving.workers_on(temporal):
        order = start_order()
        wait_until(order, waiting_for="payment")
        with version("one", temporal):
            roll_out("one", temporal)
            pay(order)
            wait_until(order, waiting_for="shipment")

            assert builds_of(order) == {"one"}


def test_an_errand_ends_on_the_version_that_began_it(waiting: Order, temporal: Client):
    adjustment = StockAdjustment.objects.create(product=make_product("CUP"), delta=-5, reason="broken")

    client.adjust_stock(adjustment.pk)

    eventually(lambda: StockAdjustment.objects.get().applied_at)
    described = ask(temporal.get_workflow_handle(identifiers.stock_adjustment(adjustment.pk)).describe())
    behaviour = described.raw_description.workflow_execution_info.versioning_info.behavior
    assert VersioningBehavior(behaviour) == VersioningBehavior.PINNED


def test_only_errands_are_kept_on_their_version():
    types = [workflow for served in workers.QUEUES.values() for workflow in served.workflows]

    kept = {one.__name__ for one in types if behaviour_said_by(one) == VersioningBehavior.PINNED}

    assert kept == ERRANDS


def test_without_a_build_id_workers_have_no_version():
    assert (deployment(), as_version()) == (None, "")


@override_settings(TEMPORAL_WORKER_BUILD_ID="2026-11-24", TEMPORAL_DEPLOYMENT_NAME="northwind")
def test_the_log_says_which_version_a_worker_is():
    assert as_version() == " as northwind.2026-11-24"


def test_an_errand_ends_at_once_on_a_worker_without_a_version(worker: Client) -> None:
    adjustment = StockAdjustment.objects.create(product=make_product(on_hand=5), delta=5, reason="delivery")

    client.adjust_stock(adjustment.pk)

    described = ask(worker.get_workflow_handle(identifiers.stock_adjustment(adjustment.pk)).describe())
    assert described.status == WorkflowExecutionStatus.COMPLETED
