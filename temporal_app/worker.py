"""What runs on which queue, said in one place, and the process that runs it."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django_temporalio.interceptors.isolation import ActivityIsolationInterceptor
from django_temporalio.worker import WorkerRunner
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from orders.payments import GATEWAYS
from temporal_app import names
from temporal_app.activities import (
    approvals,
    carts,
    mirror_checks,
    mirror_repairs,
    notifications,
    orders,
    payment_checks,
    payment_events,
    payments,
    refund_files,
    resolutions,
    reversals,
    shipping,
    statements,
    stock,
    workflow_watch,
)
from temporal_app.connection import NotConnected, address, connect
from temporal_app.versioning import as_version, deployment, runner_class
from temporal_app.workflows.approval import ApprovalWorkflow
from temporal_app.workflows.batch_payment_check import BatchPaymentCheckWorkflow
from temporal_app.workflows.compensation_retry import CompensationRetryWorkflow
from temporal_app.workflows.compensation_settlement import CompensationSettlementWorkflow
from temporal_app.workflows.hybrid_payment_check import FulfillmentWatchWorkflow, HybridPaymentCheckWorkflow
from temporal_app.workflows.mirror_check import MirrorCheckWorkflow
from temporal_app.workflows.notification_outbox import NotificationOutboxWorkflow
from temporal_app.workflows.order_fulfillment import OrderFulfillmentWorkflow
from temporal_app.workflows.order_payment_monitor import OrderPaymentMonitorWorkflow
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from temporal_app.workflows.payment_check_coordinator import PaymentCheckCoordinator
from temporal_app.workflows.payment_event_sweep import PaymentEventSweepWorkflow
from temporal_app.workflows.payment_matching import PaymentMatchingWorkflow
from temporal_app.workflows.payment_resolution import PaymentResolutionWorkflow
from temporal_app.workflows.refund_files import RefundExportWorkflow, RefundWithdrawalWorkflow
from temporal_app.workflows.refund_task import RefundTaskWorkflow
from temporal_app.workflows.shopping_cart import ShoppingCartWorkflow
from temporal_app.workflows.statement_import import StatementImportWorkflow
from temporal_app.workflows.stock_adjustment import StockAdjustmentWorkflow
from temporal_app.workflows.workflow_watch import WorkflowWatchWorkflow

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Served:
    """The workflows and activities of one queue."""

    workflows: Sequence[type] = ()
    activities: Sequence[Callable[..., Any]] = ()


PAYMENTS = (payments.hold_payment, payments.charge_card, payments.capture_payment, payments.return_money)
QUEUES: dict[str, Served] = {
    names.ORDERS_QUEUE: Served(
        workflows=[
            OrderSagaWorkflow,
            OrderFulfillmentWorkflow,
            ApprovalWorkflow,
            PaymentMatchingWorkflow,
            PaymentResolutionWorkflow,
            CompensationRetryWorkflow,
            CompensationSettlementWorkflow,
            NotificationOutboxWorkflow,
            StockAdjustmentWorkflow,
        ],
        activities=[
            stock.reserve_stock,
            stock.release_stock,
            stock.adjust_stock,
            *PAYMENTS,
            shipping.schedule_shipping,
            shipping.cancel_shipping,
            shipping.record_shipped,
            shipping.record_delivered,
            shipping.report_late_shipment,
            orders.add_line,
            orders.set_line,
            orders.set_language,
            orders.record_order_event,
            orders.complete_order,
            orders.begin_undo,
            orders.record_cancelled,
            orders.record_failed_reversal,
            approvals.open_approval,
            approvals.record_decision,
            approvals.amend_approval,
            approvals.remind_deciders,
            approvals.end_approval,
            payment_events.match_payment_event,
            payment_events.release_payment_event,
            resolutions.check_decision,
            resolutions.put_aside,
            resolutions.send_back,
            resolutions.note_unknown,
            resolutions.place_anew,
            resolutions.hand_to_order,
            resolutions.refuse_decision,
            reversals.begin_retry,
            reversals.record_retry,
            reversals.settle_by_hand,
            notifications.send_notifications,
        ],
    ),
    # Bulkheads: whoever hangs, the others have slots of their own. (The queue `orders` serves these activities as well,
    # for orders that asked there before there were such queues.)
    **{names.calls_queue(method): Served(activities=PAYMENTS) for method in GATEWAYS},
    names.calls_queue(names.CARRIER): Served(activities=[shipping.schedule_shipping, shipping.cancel_shipping]),
    names.calls_queue(names.ANY_PROVIDER): Served(activities=[resolutions.send_back]),
    names.MAIL_QUEUE: Served(activities=[notifications.send_notifications]),
    names.SHOPPING_QUEUE: Served(
        workflows=[ShoppingCartWorkflow],
        activities=[carts.record_cart, carts.record_on_expiry, carts.place_order, carts.expire_cart],
    ),
    names.PAYMENT_CHECKS_QUEUE: Served(
        workflows=[
            BatchPaymentCheckWorkflow,
            OrderPaymentMonitorWorkflow,
            PaymentCheckCoordinator,
            HybridPaymentCheckWorkflow,
            FulfillmentWatchWorkflow,
            PaymentEventSweepWorkflow,
            WorkflowWatchWorkflow,
            StatementImportWorkflow,
            RefundExportWorkflow,
            RefundWithdrawalWorkflow,
            RefundTaskWorkflow,
            MirrorCheckWorkflow,
        ],
        activities=[
            payment_checks.start_check,
            payment_checks.check_order_batch,
            payment_checks.pass_over,
            payment_checks.check_order,
            payment_checks.record_progress,
            payment_checks.record_outcome,
            payment_checks.await_fulfilment,
            mirror_checks.start_mirror_check,
            mirror_checks.check_tables,
            mirror_checks.check_workflows,
            mirror_checks.list_findings,
            mirror_checks.end_mirror_check,
            mirror_repairs.repair_finding,
            payment_checks.end_check,
            payment_checks.unfinished_checks,
            payment_checks.find_broken_off,
            payment_events.list_unheard,
            payment_events.match_payment_event,
            payment_events.release_payment_event,
            statements.take_statement,
            statements.refuse_statement,
            statements.match_lines,
            statements.record_refund_made,
            refund_files.export_refunds,
            refund_files.withdraw_refunds,
            workflow_watch.tell_of_failed_workflows,
        ],
    ),
}

# Imported once for the process instead of once for every workflow run: they hold no state that a run could change.
PASSED_THROUGH = (
    "orders",
    "temporal_app.activities",
    "temporal_app.failures",
    "temporal_app.messages",
    "temporal_app.names",
    "temporal_app.policies",
)
DRAIN = timedelta(seconds=20)
LONGEST_PAUSE = 15


@dataclass(frozen=True)
class Slots:
    """How many activities of one queue run at once in a process, each with a thread: none waits for a thread while its
    time runs."""

    ordinary: int
    local: int = 0

    @property
    def threads(self) -> int:
        """A thread for each slot."""
        return self.ordinary + self.local


def slots_of(queue: str) -> Slots:
    """The slots of one queue: whoever is called has `PROVIDER_CALLS`, the shop's own queues share `WORKER_THREADS`."""
    half, quarter = max(1, settings.WORKER_THREADS // 2), max(1, settings.WORKER_THREADS // 4)
    own = {
        names.SHOPPING_QUEUE: Slots(quarter, quarter),
        names.PAYMENT_CHECKS_QUEUE: Slots(half, quarter),
        names.MAIL_QUEUE: Slots(1),
    }
    if queue.startswith(names.calls_queue("")):
        return Slots(settings.PROVIDER_CALLS)
    return own.get(queue, Slots(half, half))


Threads = Callable[[str, int], ThreadPoolExecutor]


def threads_of_its_own(queue: str, count: int) -> ThreadPoolExecutor:
    """So many threads for the activities of one queue."""
    return ThreadPoolExecutor(count, thread_name_prefix=f"activity-{queue}")


def build_workers(
    client: Client,
    queues: Mapping[str, Served] = QUEUES,
    *,
    drain: timedelta = DRAIN,
    threads: Threads = threads_of_its_own,
) -> list[Worker]:
    """
    A worker for each queue that serves anything, with `threads` for its activities, which end with the process.

    A worker that is shut down gives its activities `drain` to finish before it cancels them.

    Every activity gets database connections as fresh as a request's, so that a restarted database is no trouble.
    """
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    runner = SandboxedWorkflowRunner(restrictions=restrictions, runner_class=runner_class())
    return [
        Worker(
            client,
            task_queue=queue,
            workflows=served.workflows,
            activities=served.activities,
            activity_executor=threads(queue, slots_of(queue).threads),
            workflow_runner=runner,
            interceptors=[ActivityIsolationInterceptor()],
            max_concurrent_activities=slots_of(queue).ordinary,
            max_concurrent_local_activities=max(1, slots_of(queue).local),
            graceful_shutdown_timeout=drain,
            deployment_config=deployment(),
        )
        for queue, served in queues.items()
        if served.workflows or served.activities
    ]


async def serve(stdout: Any, *queues: str) -> None:
    """
    Serve these queues, or all, until this process is told to stop: the first SIGINT or SIGTERM lets activities finish,
    the second does not wait, and one worker that crashes stops the others.

    Waits for Temporal if it is not there yet, and says so. `stdout` is told when the process is stopping.
    """
    chosen = {queue: QUEUES[queue] for queue in queues or QUEUES}
    client = await connect_with_retries()
    if not (settings.DEBUG or settings.MAIL_IS_CONFIGURED):
        log.warning("EMAIL_URL is not set; mail goes to localhost:25")
    workers = build_workers(client, chosen)
    if not workers:
        raise ValueError(f"nothing is served on {', '.join(chosen)}")
    log.info("worker serves %s%s", describe(chosen), as_version())
    await WorkerRunner(stdout).run(workers)
    log.info("worker stopped")


async def connect_with_retries() -> Client:
    """A client of this worker's own; it waits for a server that is away for a while."""
    pause = 1
    while True:
        try:
            return await connect()
        except NotConnected:
            log.warning("Temporal at %s does not answer; trying again in %s s", address(), pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


def describe(queues: Mapping[str, Served]) -> str:
    """What these queues serve, for the log: `orders (12 activities; OrderSagaWorkflow, …), …`."""
    return ", ".join(
        f"{queue} ({len(served.activities)} activities; {', '.join(one.__name__ for one in served.workflows)})"
        for queue, served in queues.items()
        if served.workflows or served.activities
    )
