"""A translated label for every value that the tables hold."""

from collections.abc import Mapping
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from orders.models.approval import ApprovalKind
from orders.models.notification import MailKind
from orders.rules.approvals import ApprovalOutcome, AtDeadline, LevelState, Role
from orders.rules.states import (
    CardState,
    CartState,
    ExpenseState,
    PaymentEventOutcome,
    PaymentState,
    PolicyChangeState,
    ShipmentState,
)
from orders.rules.status import OrderStatus, WaitingFor


class Labels:
    """The words for the values of one enum. Call it with a value; an unknown one is its own label."""

    def __init__(self, enum: type[StrEnum] | None, words: Mapping[str, str | Promise]) -> None:
        self.enum = enum
        self.words = {str(value): word for value, word in words.items()}

    def __call__(self, value: object) -> str:
        """The label in the reader's language."""
        return str(self.words.get(str(value), value))

    def choices(self) -> list[tuple[str, str | Promise]]:
        """(value, lazy label) pairs, as forms and filters want them."""
        return list(self.words.items())


order_status = Labels(
    OrderStatus,
    {
        OrderStatus.PENDING: pgettext_lazy("order status", "Pending"),
        OrderStatus.PAID: pgettext_lazy("order status", "Paid"),
        OrderStatus.SHIPPED: pgettext_lazy("order status", "Shipped"),
        OrderStatus.DELIVERED: pgettext_lazy("order status", "Delivered"),
        OrderStatus.ROLLBACK_INCOMPLETE: pgettext_lazy("order status", "Rollback incomplete"),
        OrderStatus.CANCELLED: pgettext_lazy("order status", "Cancelled"),
    },
)
# what has to be undone by hand is the shop's business; the order will not come, and it is not all undone yet
status_for_customers = Labels(
    OrderStatus,
    {**order_status.words, OrderStatus.ROLLBACK_INCOMPLETE: pgettext_lazy("order status", "Being cancelled")},
)
waiting_for = Labels(
    WaitingFor,
    {
        WaitingFor.NOTHING: "–",
        WaitingFor.APPROVAL: pgettext_lazy("waiting for", "Approval"),
        WaitingFor.PAYMENT: pgettext_lazy("waiting for", "Payment"),
        WaitingFor.SHIPMENT: pgettext_lazy("waiting for", "Shipment"),
        WaitingFor.DELIVERY: pgettext_lazy("waiting for", "Delivery"),
    },
)
role = Labels(
    Role,
    {
        Role.MANAGER: pgettext_lazy("role", "Manager"),
        Role.DIRECTOR: pgettext_lazy("role", "Director"),
        Role.VP: pgettext_lazy("role", "Vice president"),
        Role.WAREHOUSE: pgettext_lazy("role", "Warehouse"),
        Role.FINANCE: pgettext_lazy("role", "Finance"),
        Role.SUPPORT: pgettext_lazy("role", "Support"),
    },
)
level_state = Labels(
    LevelState,
    {
        LevelState.PENDING: pgettext_lazy("approval level", "Undecided"),
        LevelState.APPROVED: pgettext_lazy("approval level", "Approved"),
        LevelState.REJECTED: pgettext_lazy("approval level", "Rejected"),
        LevelState.DROPPED: pgettext_lazy("approval level", "No longer needed"),
    },
)
approval_outcome = Labels(
    ApprovalOutcome,
    {
        ApprovalOutcome.PENDING: pgettext_lazy("approval", "Undecided"),
        ApprovalOutcome.APPROVED: pgettext_lazy("approval", "Approved"),
        ApprovalOutcome.REJECTED: pgettext_lazy("approval", "Rejected"),
        ApprovalOutcome.EXPIRED: pgettext_lazy("approval", "Expired"),
        ApprovalOutcome.WITHDRAWN: pgettext_lazy("approval", "Withdrawn"),
    },
)
at_deadline = Labels(
    AtDeadline,
    {
        AtDeadline.REJECT: pgettext_lazy("at the deadline", "Reject"),
        AtDeadline.ESCALATE: pgettext_lazy("at the deadline", "Escalate"),
    },
)
approval_kind = Labels(
    ApprovalKind,
    {
        ApprovalKind.ORDER: pgettext_lazy("kind of approval", "Order"),
        ApprovalKind.EXPENSE: pgettext_lazy("kind of approval", "Expense"),
        ApprovalKind.WRITE_OFF: pgettext_lazy("kind of approval", "Write-off"),
        ApprovalKind.MARK_PAID: pgettext_lazy("kind of approval", "Mark as paid"),
        ApprovalKind.ACCEPT_DIFFERENCE: pgettext_lazy("kind of approval", "Accept a difference"),
        ApprovalKind.REFUND: pgettext_lazy("kind of approval", "Refund"),
        ApprovalKind.CREDIT: pgettext_lazy("kind of approval", "Store credit"),
        ApprovalKind.CREDIT_PAYMENT: pgettext_lazy("kind of approval", "Credit a payment"),
        ApprovalKind.DEBIT_WRITE_OFF: pgettext_lazy("kind of approval", "Write off a debit"),
    },
)
policy_change_state = Labels(
    PolicyChangeState,
    {
        PolicyChangeState.WAITING: pgettext_lazy("change of a policy", "Waits to be confirmed"),
        PolicyChangeState.CONFIRMED: pgettext_lazy("change of a policy", "In force"),
        PolicyChangeState.REJECTED: pgettext_lazy("change of a policy", "Rejected"),
    },
)
payment_state = Labels(
    PaymentState,
    {
        PaymentState.REQUESTED: pgettext_lazy("payment", "Requested"),
        PaymentState.HELD: pgettext_lazy("payment", "Asked for"),
        PaymentState.CAPTURED: pgettext_lazy("payment", "Taken"),
        PaymentState.RELEASED: pgettext_lazy("payment", "Released"),
        PaymentState.REFUNDED: pgettext_lazy("payment", "Refunded"),
    },
)
card_state = Labels(
    CardState,
    {
        CardState.AWAITING: pgettext_lazy("payment card", "Awaiting payment"),
        CardState.PARTLY_PAID: pgettext_lazy("payment card", "Partly paid"),
        CardState.PAID: pgettext_lazy("payment card", "Paid"),
        CardState.PARTLY_REFUNDED: pgettext_lazy("payment card", "Partly refunded"),
        CardState.REFUND_UNDER_WAY: pgettext_lazy("payment card", "Refund under way"),
        CardState.REFUNDED: pgettext_lazy("payment card", "Refunded"),
        CardState.NOT_PAID: pgettext_lazy("payment card", "Not paid"),
    },
)
payment_event_outcome = Labels(
    PaymentEventOutcome,
    {
        PaymentEventOutcome.RECEIVED: pgettext_lazy("payment event", "Received"),
        PaymentEventOutcome.MATCHED: pgettext_lazy("payment event", "Matched"),
        PaymentEventOutcome.REPEATED: pgettext_lazy("payment event", "Repeated"),
        PaymentEventOutcome.REPORTED_FAILED: pgettext_lazy("payment event", "Reported as failed"),
        PaymentEventOutcome.UNMATCHED: pgettext_lazy("payment event", "Needs a look"),
        PaymentEventOutcome.RESOLVED: pgettext_lazy("payment event", "Dealt with"),
        PaymentEventOutcome.REFUSED: pgettext_lazy("payment event", "Does not count"),
        PaymentEventOutcome.LAPSED: pgettext_lazy("payment event", "Ran out before it was taken"),
    },
)
shipment_state = Labels(
    ShipmentState,
    {
        ShipmentState.SCHEDULED: pgettext_lazy("shipment", "Scheduled"),
        ShipmentState.SHIPPED: pgettext_lazy("shipment", "Shipped"),
        ShipmentState.DELIVERED: pgettext_lazy("shipment", "Delivered"),
        ShipmentState.CANCELLED: pgettext_lazy("shipment", "Cancelled"),
    },
)
cart_state = Labels(
    CartState,
    {
        CartState.OPEN: pgettext_lazy("cart", "Open"),
        CartState.CHECKED_OUT: pgettext_lazy("cart", "Checked out"),
        CartState.EXPIRED: pgettext_lazy("cart", "Expired"),
    },
)
expense_state = Labels(
    ExpenseState,
    {
        ExpenseState.DRAFT: pgettext_lazy("expense", "Draft"),
        ExpenseState.SUBMITTED: pgettext_lazy("expense", "Submitted"),
        ExpenseState.PROCESSED: pgettext_lazy("expense", "Processed"),
        ExpenseState.REJECTED: pgettext_lazy("expense", "Rejected"),
    },
)
mail_kind = Labels(
    MailKind,
    {
        MailKind.ORDER_PLACED: gettext_lazy("Order placed"),
        MailKind.PAYMENT_REQUESTED: gettext_lazy("Payment requested"),
        MailKind.PAYMENT_REMINDER: gettext_lazy("Reminder of the payment"),
        MailKind.PAYMENT_EXTENDED: gettext_lazy("More time to pay"),
        MailKind.PAYMENT_PART: gettext_lazy("A part of the payment received"),
        MailKind.PAYMENT_RECEIVED: gettext_lazy("Payment received"),
        MailKind.ORDER_SHIPPED: gettext_lazy("Order shipped"),
        MailKind.ORDER_DELIVERED: gettext_lazy("Order delivered"),
        MailKind.ORDER_CANCELLED: gettext_lazy("Order cancelled"),
        MailKind.ROLLBACK_INCOMPLETE: gettext_lazy("Rollback incomplete"),
        MailKind.APPROVAL_REQUESTED: gettext_lazy("Approval requested"),
        MailKind.APPROVAL_REMINDER: gettext_lazy("Approval reminder"),
        MailKind.EXPENSE_SUBMITTED: gettext_lazy("Expense submitted"),
        MailKind.EXPENSE_APPROVED: gettext_lazy("Expense approved"),
        MailKind.EXPENSE_REJECTED: gettext_lazy("Expense rejected"),
        MailKind.WRITE_OFF_DECIDED: gettext_lazy("Write-off decided"),
        MailKind.SECOND_PERSON_DECIDED: gettext_lazy("A second person decided"),
        MailKind.REFUND_MADE: gettext_lazy("Refund made"),
        MailKind.REFUND_REFUSED: gettext_lazy("Refund refused"),
        MailKind.SHIPMENT_LATE: gettext_lazy("Shipment late"),
        MailKind.PROVIDER_AWAY: gettext_lazy("A provider is away"),
        MailKind.PROVIDER_BACK: gettext_lazy("A provider is back"),
        MailKind.OPERATIONS_ALERT: gettext_lazy("Operations alert"),
        MailKind.WORKFLOWS_FAILED: gettext_lazy("Workflows failed"),
        MailKind.PASSWORD_RESET: gettext_lazy("A new password"),
        MailKind.PASSWORD_CHANGED: gettext_lazy("Password changed"),
    },
)
payment_method = Labels(
    None,
    {
        "sandbox": gettext_lazy("Card or transfer (sandbox)"),
        "stripe": gettext_lazy("Card"),
        "bank_transfer": gettext_lazy("Bank transfer in advance"),
        "credit": gettext_lazy("Store credit"),
    },
)
# payment providers and carriers, by the names of their adapters; most are names of their own
provider = Labels(
    None,
    {
        "sandbox": gettext_lazy("The payment provider “sandbox”"),
        "stripe": "Stripe",
        "bank_transfer": gettext_lazy("Our own list of bank transfers"),
    },
)
language = Labels(None, {"en": gettext_lazy("English"), "de": gettext_lazy("German")})
cancel_reason = Labels(
    None,
    {
        "changed_mind": gettext_lazy("I changed my mind"),
        "ordered_by_mistake": gettext_lazy("I ordered by mistake"),
        "takes_too_long": gettext_lazy("It takes too long"),
        "found_elsewhere": gettext_lazy("I found it elsewhere"),
        "other": gettext_lazy("Another reason"),
    },
)
end_code = Labels(
    None,
    {
        "cancelled": gettext_lazy("on request"),
        "in_temporal": gettext_lazy("by an operator, in Temporal"),
        "rejected": gettext_lazy("it was not approved"),
        "expired": gettext_lazy("it was not approved in time"),
        "payment_deadline": gettext_lazy("it was not paid in time"),
        "shipment_deadline": gettext_lazy("it was not shipped in time"),
        "out_of_stock": gettext_lazy("something was sold out"),
        "not_enough_stock": gettext_lazy("something was sold out"),
        "no_answer": gettext_lazy("the payment provider or the carrier did not answer in time"),
        "failed": gettext_lazy("a step failed"),
    },
)
