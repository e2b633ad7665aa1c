"""What runs on which queue, said in one place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from orders.payments import GATEWAYS
from temporal_app import names
from temporal_app.activities import (
    accounts,
    allocations,
    approvals,
    carts,
    credit_adjustments,
    crediting,
    erasures,
    mirror_checks,
    mirror_repairs,
    notifications,
    orders,
    payment_checks,
    payment_deadlines,
    payment_events,
    payment_pages,
    payments,
    placing_anew,
    refund_files,
    refunds,
    reservations,
    resolutions,
    retention,
    reversals,
    second_person,
    shipping,
    statements,
    stock,
    workflow_watch,
)
from temporal_app.workflows.approval import ApprovalWorkflow
from temporal_app.workflows.batch_payment_check import BatchPaymentCheckWorkflow
from temporal_app.workflows.compensation_retry import CompensationRetryWorkflow
from temporal_app.workflows.compensation_settlement import CompensationSettlementWorkflow
from temporal_app.workflows.credit_adjustment import CreditAdjustmentWorkflow
from temporal_app.workflows.customer_account import CustomerAccountWorkflow
from temporal_app.workflows.customer_erasure import CustomerErasureWorkflow
from temporal_app.workflows.hybrid_payment_check import FulfillmentWatchWorkflow, HybridPaymentCheckWorkflow
from temporal_app.workflows.mirror_check import MirrorCheckWorkflow
from temporal_app.workflows.notification_outbox import NotificationOutboxWorkflow
from temporal_app.workflows.order_fulfillment import OrderFulfillmentWorkflow
from temporal_app.workflows.order_payment_monitor import OrderPaymentMonitorWorkflow
from temporal_app.workflows.order_reopening import OrderReopeningWorkflow
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from temporal_app.workflows.payment_check_coordinator import PaymentCheckCoordinator
from temporal_app.workflows.payment_event_sweep import PaymentEventSweepWorkflow
from temporal_app.workflows.payment_matching import PaymentMatchingWorkflow
from temporal_app.workflows.payment_page import PaymentPageWorkflow
from temporal_app.workflows.payment_resolution import PaymentResolutionWorkflow
from temporal_app.workflows.refund import RefundWorkflow
from temporal_app.workflows.refund_files import DebitSettlementWorkflow, RefundExportWorkflow, RefundWithdrawalWorkflow
from temporal_app.workflows.refund_task import RefundTaskWorkflow
from temporal_app.workflows.reservation_sweep import ReservationSweepWorkflow
from temporal_app.workflows.retention import RetentionWorkflow
from temporal_app.workflows.shopping_cart import ShoppingCartWorkflow
from temporal_app.workflows.statement_import import StatementImportWorkflow
from temporal_app.workflows.stock_adjustment import StockAdjustmentWorkflow
from temporal_app.workflows.workflow_watch import WorkflowWatchWorkflow


@dataclass(frozen=True)
class Served:
    """The workflows and activities of one queue."""

    workflows: Sequence[type] = ()
    activities: Sequence[Callable[..., Any]] = ()


PAYMENTS = (
    payments.hold_payment,
    payments.charge_card,
    payments.capture_payment,
    payments.return_money,
    refunds.send_refund,
)
QUEUES: dict[str, Served] = {
    names.ORDERS_QUEUE: Served(
        workflows=[
            OrderSagaWorkflow,
            OrderFulfillmentWorkflow,
            ApprovalWorkflow,
            CustomerAccountWorkflow,
            CreditAdjustmentWorkflow,
            PaymentMatchingWorkflow,
            PaymentPageWorkflow,
            PaymentResolutionWorkflow,
            OrderReopeningWorkflow,
            RefundWorkflow,
            CompensationRetryWorkflow,
            CompensationSettlementWorkflow,
            NotificationOutboxWorkflow,
            StockAdjustmentWorkflow,
            CustomerErasureWorkflow,
        ],
        activities=[
            accounts.look_up_account,
            accounts.record_movement,
            credit_adjustments.weigh_adjustment,
            credit_adjustments.refuse_adjustment,
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
            payment_deadlines.remind_of_payment,
            payment_deadlines.extend_payment_deadline,
            payment_events.match_payment_event,
            payment_events.release_payment_event,
            allocations.share_out,
            allocations.split,
            resolutions.check_decision,
            resolutions.put_aside,
            resolutions.send_back,
            resolutions.note_unknown,
            placing_anew.reopen_order,
            resolutions.place_anew,
            resolutions.hand_to_order,
            resolutions.refuse_decision,
            second_person.second_person_for_decision,
            refunds.weigh_refund,
            refunds.begin_refund,
            refunds.note_refund_unknown,
            refunds.refuse_refund,
            reversals.begin_retry,
            reversals.record_retry,
            reversals.settle_by_hand,
            erasures.erase_customer,
            notifications.send_notifications,
        ],
    ),
    # Bulkheads: whoever hangs, the others have slots of their own. (The queue `orders` serves these activities as well,
    # for orders that asked there before there were such queues.)
    **{names.calls_queue(method): Served(activities=PAYMENTS) for method in GATEWAYS},
    names.calls_queue("stripe"): Served(activities=[*PAYMENTS, payment_pages.open_payment_page]),
    names.calls_queue(names.CARRIER): Served(activities=[shipping.schedule_shipping, shipping.cancel_shipping]),
    names.calls_queue(names.ANY_PROVIDER): Served(
        activities=[resolutions.send_back, crediting.credit_payment, crediting.adjust_credit]
    ),
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
            ReservationSweepWorkflow,
            RetentionWorkflow,
            StatementImportWorkflow,
            RefundExportWorkflow,
            RefundWithdrawalWorkflow,
            DebitSettlementWorkflow,
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
            refund_files.settle_debit,
            workflow_watch.tell_of_failed_workflows,
            reservations.lapse_guest_holds,
            retention.list_kept,
            retention.remove_expired,
        ],
    ),
}
