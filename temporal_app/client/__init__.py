"""The client functions: one for each thing that people and machines may want of the shop's workflows.

Every client function is a plain function. It raises `Refused` (a rule says no; nothing was changed) or `Unavailable`
(Temporal does not
answer; said within 3 seconds).
"""

from temporal_app.client.accounts import adjust_credit, deposit_credit, withdraw_credit
from temporal_app.client.approvals import decide, submit_expense
from temporal_app.client.carts import add_to_cart, check_out, choose_on_expiry, order_again, set_cart_quantity
from temporal_app.client.checks import (
    check_all_payments,
    check_payments_now,
    coordinate_payment_checks,
    monitor_payment,
)
from temporal_app.client.customers import add_order_item, cancel_order, pay, set_language, set_order_quantity
from temporal_app.client.deadlines import extend_payment_deadline
from temporal_app.client.erasures import erase_customer
from temporal_app.client.inspection import Inspection, PendingActivity, WorkflowSeen, inspect_order, inspect_refund
from temporal_app.client.machines import match_payment_event, report_payment
from temporal_app.client.mail import send_mail
from temporal_app.client.mirror_checks import check_mirror, mirror_check_ended
from temporal_app.client.payload_keys import encrypt_schedules_anew, keys_in_use
from temporal_app.client.payment_pages import open_payment_page
from temporal_app.client.refund_files import export_refunds, settle_debit, withdraw_refunds
from temporal_app.client.refunds import refund_in_part
from temporal_app.client.reopening import reopen_order
from temporal_app.client.reservations import release_reservations
from temporal_app.client.resolutions import resolve_payment
from temporal_app.client.reversals import (
    ask_to_write_off,
    ask_to_write_off_debit,
    retry_compensation,
    settle_compensation,
)
from temporal_app.client.schedules import (
    ScheduleState,
    delete_schedule,
    describe_schedule,
    pause_schedule,
    sync_schedule,
    trigger_schedule,
    unpause_schedule,
)
from temporal_app.client.staff import adjust_stock, mark_delivered, mark_shipped
from temporal_app.client.statements import import_statement, mark_refund_made
from temporal_app.client.wanted_schedules import SCHEDULES

__all__ = [
    "SCHEDULES",
    "Inspection",
    "PendingActivity",
    "ScheduleState",
    "WorkflowSeen",
    "add_order_item",
    "add_to_cart",
    "adjust_credit",
    "adjust_stock",
    "ask_to_write_off",
    "ask_to_write_off_debit",
    "cancel_order",
    "check_all_payments",
    "check_mirror",
    "check_out",
    "check_payments_now",
    "choose_on_expiry",
    "coordinate_payment_checks",
    "decide",
    "delete_schedule",
    "deposit_credit",
    "describe_schedule",
    "encrypt_schedules_anew",
    "erase_customer",
    "export_refunds",
    "extend_payment_deadline",
    "import_statement",
    "inspect_order",
    "inspect_refund",
    "keys_in_use",
    "mark_delivered",
    "mark_refund_made",
    "mark_shipped",
    "match_payment_event",
    "mirror_check_ended",
    "monitor_payment",
    "open_payment_page",
    "order_again",
    "pause_schedule",
    "pay",
    "refund_in_part",
    "release_reservations",
    "reopen_order",
    "report_payment",
    "resolve_payment",
    "retry_compensation",
    "send_mail",
    "set_cart_quantity",
    "set_language",
    "set_order_quantity",
    "settle_compensation",
    "settle_debit",
    "submit_expense",
    "sync_schedule",
    "trigger_schedule",
    "unpause_schedule",
    "withdraw_credit",
    "withdraw_refunds",
]
