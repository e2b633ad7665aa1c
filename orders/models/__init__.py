"""Tables of the shop. Every rule a database can hold is a constraint here."""

from orders.models.approval import ApprovalDecision, ApprovalLevel, ApprovalPolicy, ApprovalRequest
from orders.models.bank_debit import BankDebit
from orders.models.bank_transfer import BankTransfer, BankTransferOperation
from orders.models.cart import Cart, CartItem, ContactDetails
from orders.models.catalog import Product, StockAdjustment
from orders.models.compensation import CompensationFailure, ReversalDecision
from orders.models.credit import CreditAdjustment, CreditOperation, CreditPayment
from orders.models.debit_write_off import DebitWriteOff
from orders.models.delegation import Delegation
from orders.models.erasure import ErasureRecord
from orders.models.expense import ExpenseRequest
from orders.models.failed_workflow import FailedWorkflow, LastLook
from orders.models.guest_hold import GuestHold
from orders.models.journal import JournalEntry
from orders.models.mirror_check import MirrorCheck, MirrorFinding
from orders.models.notification import Notification
from orders.models.order import Order, OrderLine
from orders.models.order_opening import OrderOpening
from orders.models.outage import Outage
from orders.models.payment import Payment, PaymentEvent
from orders.models.payment_check import PaymentCheck, PaymentCheckResult
from orders.models.policy_change import PolicyChange
from orders.models.refund import Refund, RefundLine
from orders.models.refund_batch import RefundBatch
from orders.models.refund_task import RefundTask
from orders.models.resolution import Resolution
from orders.models.sandbox import SandboxOperation, SandboxPayment
from orders.models.shipment import Shipment
from orders.models.staff_session import StaffSession
from orders.models.statements import BankStatement, StatementLine
from orders.models.stock import Reservation
from orders.models.stripe import StripeCall, StripeSession
from orders.models.throttle import Throttle
from orders.models.timeline import TimelineEntry
from orders.models.typed_words import TypedWords

__all__ = [
    "ApprovalDecision",
    "ApprovalLevel",
    "ApprovalPolicy",
    "ApprovalRequest",
    "BankDebit",
    "BankStatement",
    "BankTransfer",
    "BankTransferOperation",
    "Cart",
    "CartItem",
    "CompensationFailure",
    "ContactDetails",
    "CreditAdjustment",
    "CreditOperation",
    "CreditPayment",
    "DebitWriteOff",
    "Delegation",
    "ErasureRecord",
    "ExpenseRequest",
    "FailedWorkflow",
    "GuestHold",
    "JournalEntry",
    "LastLook",
    "MirrorCheck",
    "MirrorFinding",
    "Notification",
    "Order",
    "OrderLine",
    "OrderOpening",
    "Outage",
    "Payment",
    "PaymentCheck",
    "PaymentCheckResult",
    "PaymentEvent",
    "PolicyChange",
    "Product",
    "Refund",
    "RefundBatch",
    "RefundLine",
    "RefundTask",
    "Reservation",
    "Resolution",
    "ReversalDecision",
    "SandboxOperation",
    "SandboxPayment",
    "Shipment",
    "StaffSession",
    "StatementLine",
    "StockAdjustment",
    "StripeCall",
    "StripeSession",
    "Throttle",
    "TimelineEntry",
    "TypedWords",
]
