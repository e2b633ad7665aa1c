"""The states of every row that has some, and which of them may follow which; orders are in `orders.rules.status`,
approvals in `orders.rules.approvals`."""

from enum import StrEnum

from orders.rules.transitions import Transitions


class OnExpiry(StrEnum):
    """What a cart does when nobody comes back to it."""

    EXPIRE = "expire"
    CHECKOUT = "checkout"


class CartState(StrEnum):
    """Whether a cart still takes items."""

    OPEN = "open"
    CHECKED_OUT = "checked_out"
    EXPIRED = "expired"


CART: Transitions[CartState] = {
    CartState.OPEN: frozenset({CartState.CHECKED_OUT, CartState.EXPIRED}),
}


class ReservationState(StrEnum):
    """Whether pieces are still kept for an order."""

    HELD = "held"
    RELEASED = "released"
    SHIPPED = "shipped"


RESERVATION: Transitions[ReservationState] = {
    ReservationState.HELD: frozenset({ReservationState.RELEASED, ReservationState.SHIPPED}),
}


class PaymentState(StrEnum):
    """How far one payment got."""

    REQUESTED = "requested"
    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"
    REFUNDED = "refunded"


# A capture whose answer was lost shows only when the money is given back: so a refund may follow everything.
PAYMENT: Transitions[PaymentState] = {
    PaymentState.REQUESTED: frozenset(
        {PaymentState.HELD, PaymentState.CAPTURED, PaymentState.RELEASED, PaymentState.REFUNDED}
    ),
    PaymentState.HELD: frozenset({PaymentState.CAPTURED, PaymentState.RELEASED, PaymentState.REFUNDED}),
    PaymentState.CAPTURED: frozenset({PaymentState.REFUNDED}),
    PaymentState.RELEASED: frozenset({PaymentState.REFUNDED}),
}


class CardState(StrEnum):
    """How far an order's payment has got."""

    AWAITING = "awaiting_payment"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    PARTLY_REFUNDED = "partly_refunded"
    REFUND_UNDER_WAY = "refund_under_way"
    REFUNDED = "refunded"
    NOT_PAID = "not_paid"


class PaymentEventOutcome(StrEnum):
    """What became of a payment event."""

    RECEIVED = "received"
    MATCHED = "matched"
    REPEATED = "repeated"
    REPORTED_FAILED = "reported_failed"
    UNMATCHED = "unmatched"
    RESOLVED = "resolved"
    REFUSED = "refused"
    LAPSED = "lapsed"


# An unmatched event that is assigned to an order is received again; a matched one may be of no use to its order. The
# word of a member of staff is refused where it needs somebody else's, and does not get it. What a card's owner has
# authorised lapses where it ran out before it was taken.
PAYMENT_EVENT: Transitions[PaymentEventOutcome] = {
    PaymentEventOutcome.RECEIVED: frozenset(
        {
            PaymentEventOutcome.MATCHED,
            PaymentEventOutcome.REPEATED,
            PaymentEventOutcome.REPORTED_FAILED,
            PaymentEventOutcome.UNMATCHED,
            PaymentEventOutcome.REFUSED,
        }
    ),
    PaymentEventOutcome.MATCHED: frozenset({PaymentEventOutcome.UNMATCHED, PaymentEventOutcome.LAPSED}),
    PaymentEventOutcome.UNMATCHED: frozenset(
        {PaymentEventOutcome.RECEIVED, PaymentEventOutcome.MATCHED, PaymentEventOutcome.RESOLVED}
    ),
}


class MismatchReason(StrEnum):
    """Why a payment could not be matched; stands in the `reason` of its event."""

    UNKNOWN_ORDER = "unknown_order"
    WRONG_CURRENCY = "wrong_currency"
    TOO_LITTLE = "too_little"
    TOO_MUCH = "too_much"
    SECOND_PAYMENT = "second_payment"
    AFTER_CANCELLATION = "after_cancellation"
    OTHER_METHOD = "other_method"
    PROVIDER_DISAGREES = "provider_disagrees"
    REMAINDER = "remainder"
    OWN_ORDER = "own_order"
    NOT_APPROVED = "not_approved"
    REFUND_RETURNED = "refund_returned"


class ResolutionState(StrEnum):
    """How far a decision about an unmatched payment, or about a failed reversal, has been carried out."""

    REQUESTED = "requested"
    DONE = "done"
    REFUSED = "refused"


RESOLUTION: Transitions[ResolutionState] = {
    ResolutionState.REQUESTED: frozenset({ResolutionState.DONE, ResolutionState.REFUSED}),
}


class PolicyChangeState(StrEnum):
    """Whether a change of an approval policy is in force."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


POLICY_CHANGE: Transitions[PolicyChangeState] = {
    PolicyChangeState.WAITING: frozenset({PolicyChangeState.CONFIRMED, PolicyChangeState.REJECTED}),
}


class ReversalState(StrEnum):
    """Whether a person still has to see to a step that could not be undone, and how it was settled."""

    OPEN = "open"
    UNDONE = "undone"
    SETTLED_BY_HAND = "settled_by_hand"
    WRITTEN_OFF = "written_off"


REVERSAL: Transitions[ReversalState] = {
    ReversalState.OPEN: frozenset({ReversalState.UNDONE, ReversalState.SETTLED_BY_HAND, ReversalState.WRITTEN_OFF}),
}


class LedgerState(StrEnum):
    """How far a payment got in a ledger of ours."""

    OPEN = "open"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    RELEASED = "released"
    FAILED = "failed"


LEDGER: Transitions[LedgerState] = {
    LedgerState.OPEN: frozenset(
        {LedgerState.AUTHORISED, LedgerState.CAPTURED, LedgerState.RELEASED, LedgerState.FAILED}
    ),
    LedgerState.AUTHORISED: frozenset({LedgerState.CAPTURED, LedgerState.RELEASED}),
    LedgerState.FAILED: frozenset({LedgerState.RELEASED}),
}


class StatementState(StrEnum):
    """What became of an uploaded account statement."""

    UPLOADED = "uploaded"
    IMPORTED = "imported"
    REFUSED = "refused"


STATEMENT: Transitions[StatementState] = {
    StatementState.UPLOADED: frozenset({StatementState.IMPORTED, StatementState.REFUSED}),
}


class RefundState(StrEnum):
    """Whether finance has made a refund."""

    OPEN = "open"
    DONE = "done"


REFUND: Transitions[RefundState] = {RefundState.OPEN: frozenset({RefundState.DONE})}


class DebitKind(StrEnum):
    """What a debit on our account is to the shop."""

    REFUND = "refund"
    TAKEN_BACK = "taken_back"
    PAID_TWICE = "paid_twice"
    OTHER_AMOUNT = "other_amount"
    UNKNOWN_REFUND = "unknown_refund"
    COLLECTIVE = "collective"


class DebitWay(StrEnum):
    """Where the money of a debit belongs, as a person says."""

    NOWHERE = ""
    REFUND = "refund"
    FILE = "file"
    OWED = "owed"
    WRITE_OFF = "write_off"


class DebitState(StrEnum):
    """Whether a person still has to deal with a debit."""

    OPEN = "open"
    SETTLED = "settled"


DEBIT: Transitions[DebitState] = {DebitState.OPEN: frozenset({DebitState.SETTLED})}


class RefundObstacle(StrEnum):
    """Why a refund cannot stand in a file for the bank."""

    MADE = "made"
    IN_A_FILE = "in_a_file"
    OTHER_CURRENCY = "other_currency"
    NO_IBAN = "no_iban"
    NO_PAYEE = "no_payee"


class RefundStage(StrEnum):
    """How far a refund in part has got. Once it is being sent, only the provider can say that it was not."""

    REQUESTED = "requested"
    SENDING = "sending"
    DONE = "done"
    REFUSED = "refused"


REFUND_STAGE: Transitions[RefundStage] = {
    RefundStage.REQUESTED: frozenset({RefundStage.SENDING, RefundStage.REFUSED}),
    RefundStage.SENDING: frozenset({RefundStage.DONE, RefundStage.REFUSED}),
}


class ShipmentState(StrEnum):
    """How far a parcel got."""

    SCHEDULED = "scheduled"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


SHIPMENT: Transitions[ShipmentState] = {
    ShipmentState.SCHEDULED: frozenset({ShipmentState.SHIPPED, ShipmentState.CANCELLED}),
    ShipmentState.SHIPPED: frozenset({ShipmentState.DELIVERED}),
}


class ExpenseState(StrEnum):
    """How far an expense got."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    PROCESSED = "processed"
    REJECTED = "rejected"


EXPENSE: Transitions[ExpenseState] = {
    ExpenseState.DRAFT: frozenset({ExpenseState.SUBMITTED}),
    ExpenseState.SUBMITTED: frozenset({ExpenseState.PROCESSED, ExpenseState.REJECTED}),
}
