"""Everything that can happen to an order, and what of it the customer reads."""

from enum import StrEnum


class OrderEvent(StrEnum):
    """Everything that can happen to an order."""

    PLACED = "placed"
    STOCK_RESERVED = "stock_reserved"
    STOCK_RELEASED = "stock_released"
    APPROVAL_REQUESTED = "approval_requested"
    APPROVAL_CHANGED = "approval_changed"
    APPROVAL_REMINDED = "approval_reminded"
    APPROVAL_ESCALATED = "approval_escalated"
    LEVEL_APPROVED = "level_approved"
    LEVEL_REJECTED = "level_rejected"
    DECISION_REFUSED = "decision_refused"
    APPROVED = "approved"
    REJECTED = "rejected"
    APPROVAL_EXPIRED = "approval_expired"
    PAYMENT_REQUESTED = "payment_requested"
    PAYMENT_REMINDED = "payment_reminded"
    PAYMENT_EXTENDED = "payment_extended"
    PAYMENT_CONFIRMED = "payment_confirmed"
    PAYMENT_PART = "payment_part"
    PAYMENT_REFUSED = "payment_refused"
    PAYMENT_LAPSED = "payment_lapsed"
    PAYMENT_MISMATCH = "payment_mismatch"
    PAYMENT_ASSIGNED = "payment_assigned"
    PAYMENT_ACCEPTED = "payment_accepted"
    PAYMENT_SENT_BACK = "payment_sent_back"
    PAYMENT_CREDITED = "payment_credited"
    PAYMENT_IGNORED = "payment_ignored"
    SECOND_PERSON_ASKED = "second_person_asked"
    SECOND_PERSON_AGREED = "second_person_agreed"
    SECOND_PERSON_REFUSED = "second_person_refused"
    PLACED_ANEW = "placed_anew"
    TAKEN_BACK = "taken_back"
    PAID = "paid"
    CREDIT_TAKEN = "credit_taken"
    CREDIT_NOT_TAKEN = "credit_not_taken"
    CREDIT_RETURNED = "credit_returned"
    HOLD_RELEASED = "hold_released"
    REFUNDED = "refunded"
    REFUND_REQUESTED = "refund_requested"
    REFUND_REFUSED = "refund_refused"
    GOODS_RETURNED = "goods_returned"
    SHIPPING_SCHEDULED = "shipping_scheduled"
    SHIPPING_CANCELLED = "shipping_cancelled"
    SHIPMENT_LATE = "shipment_late"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    ITEM_ADDED = "item_added"
    ITEM_CHANGED = "item_changed"
    LANGUAGE_SET = "language_set"
    NO_ANSWER = "no_answer"
    REQUEST_REFUSED = "request_refused"
    UNDO_STARTED = "undo_started"
    UNDO_FAILED = "undo_failed"
    ROLLBACK_INCOMPLETE = "rollback_incomplete"
    UNDO_RETRIED = "undo_retried"
    UNDO_RETRY_FAILED = "undo_retry_failed"
    UNDO_SETTLED_BY_HAND = "undo_settled_by_hand"
    WRITE_OFF_REQUESTED = "write_off_requested"
    WRITE_OFF_REFUSED = "write_off_refused"
    WRITTEN_OFF = "written_off"
    CANCELLED = "cancelled"
    MIRROR_REPAIRED = "mirror_repaired"


PUBLIC = frozenset(
    {
        OrderEvent.PLACED,
        OrderEvent.APPROVAL_REQUESTED,
        OrderEvent.APPROVED,
        OrderEvent.REJECTED,
        OrderEvent.APPROVAL_EXPIRED,
        OrderEvent.PAYMENT_REQUESTED,
        OrderEvent.PAYMENT_EXTENDED,
        OrderEvent.PAYMENT_PART,
        OrderEvent.PAYMENT_LAPSED,
        OrderEvent.PAID,
        OrderEvent.PAYMENT_CREDITED,
        OrderEvent.CREDIT_TAKEN,
        OrderEvent.CREDIT_NOT_TAKEN,
        OrderEvent.CREDIT_RETURNED,
        OrderEvent.HOLD_RELEASED,
        OrderEvent.REFUNDED,
        OrderEvent.SHIPPING_SCHEDULED,
        OrderEvent.SHIPPED,
        OrderEvent.DELIVERED,
        OrderEvent.ITEM_ADDED,
        OrderEvent.ITEM_CHANGED,
        OrderEvent.ROLLBACK_INCOMPLETE,
        OrderEvent.CANCELLED,
    }
)

# Why an order is cancelled, where neither its customer nor a rule says so: a guest neither paid nor confirmed their
# address in time, or staff took the reservation for one that nobody means.
NOT_CONFIRMED, SUSPICIOUS = "not_confirmed", "suspicious"
