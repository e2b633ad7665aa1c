"""Words for payment checks, and for payments that did not match."""

from django.utils.translation import pgettext_lazy

from orders.labels.enums import Labels
from orders.models.payment_check import CheckEnd, CheckKind
from orders.models.resolution import ResolutionAction
from orders.rules.states import ResolutionState

check_kind = Labels(
    CheckKind,
    {
        CheckKind.BATCH: pgettext_lazy("payment check", "All open orders"),
        CheckKind.MONITOR: pgettext_lazy("payment check", "One order, watched"),
        CheckKind.COORDINATOR: pgettext_lazy("payment check", "Chosen orders, watched"),
        CheckKind.HYBRID: pgettext_lazy("payment check", "Chosen orders, at once"),
    },
)
payment_check_end = Labels(
    CheckEnd,
    {
        "": pgettext_lazy("payment check", "Running"),
        CheckEnd.FINISHED: pgettext_lazy("payment check", "Finished"),
        CheckEnd.FAILED: pgettext_lazy("payment check", "Failed"),
        CheckEnd.CANCELLED: pgettext_lazy("payment check", "Cancelled"),
        CheckEnd.TIMED_OUT: pgettext_lazy("payment check", "Took too long"),
        CheckEnd.TERMINATED: pgettext_lazy("payment check", "Broken off"),
        CheckEnd.LOST: pgettext_lazy("payment check", "Lost: Temporal does not know it any more"),
    },
)
check_outcome = Labels(
    None,
    {
        "": pgettext_lazy("result of a check", "Not known yet"),
        "waiting": pgettext_lazy("result of a check", "Not paid yet"),
        "paid": pgettext_lazy("result of a check", "Paid"),
        "failed": pgettext_lazy("result of a check", "Failed"),
        "unmatched": pgettext_lazy("result of a check", "Needs a look"),
        "ended": pgettext_lazy("result of a check", "Does not wait for money"),
        "deadline": pgettext_lazy("result of a check", "Not paid in time"),
        "watched_already": pgettext_lazy("result of a check", "Watched already"),
        "not_answered": pgettext_lazy("result of a check", "No answer"),
        "fulfilment_started": pgettext_lazy("result of a check", "Paid, fulfilment started"),
        "not_started": pgettext_lazy("result of a check", "Paid, fulfilment not seen to start"),
    },
)
mismatch = Labels(
    None,
    {
        "unknown_order": pgettext_lazy("a payment", "Unknown order"),
        "wrong_currency": pgettext_lazy("a payment", "Wrong currency"),
        "too_little": pgettext_lazy("a payment", "Too little"),
        "too_much": pgettext_lazy("a payment", "Too much"),
        "second_payment": pgettext_lazy("a payment", "A second payment"),
        "after_cancellation": pgettext_lazy("a payment", "After the order's end"),
        "other_method": pgettext_lazy("a payment", "Another way to pay than agreed"),
        "remainder": pgettext_lazy("a payment", "Left over after it was shared out"),
        "refund_returned": pgettext_lazy("a payment", "Our refund came back"),
        "provider_disagrees": pgettext_lazy("a payment", "Provider and shop disagree"),
        "own_order": pgettext_lazy("a payment", "The own order of who reported it"),
        "not_approved": pgettext_lazy("a payment", "Not approved by a second person"),
    },
)
resolution_action = Labels(
    ResolutionAction,
    {
        ResolutionAction.ASSIGN: pgettext_lazy("about a payment", "Assign to an order"),
        ResolutionAction.ACCEPT: pgettext_lazy("about a payment", "Accept the difference"),
        ResolutionAction.REFUND: pgettext_lazy("about a payment", "Send it back"),
        ResolutionAction.REOPEN: pgettext_lazy("about a payment", "Place the order anew"),
        ResolutionAction.ALLOCATE: pgettext_lazy("about a payment", "Share it out"),
        ResolutionAction.CREDIT: pgettext_lazy("about a payment", "Credit it to the customer"),
        ResolutionAction.GIVE_BACK: pgettext_lazy("about a payment", "Send back what is too much"),
        ResolutionAction.IGNORE: pgettext_lazy("about a payment", "Close without action"),
    },
)
near_by = Labels(
    None,
    {
        "named": pgettext_lazy("near match", "named by the payer"),
        "reference": pgettext_lazy("near match", "reference nearly the same"),
        "amount": pgettext_lazy("near match", "exactly this amount"),
        "name": pgettext_lazy("near match", "payer's name"),
        "sum": pgettext_lazy("near match", "together exactly this amount"),
    },
)
resolution_state = Labels(
    ResolutionState,
    {
        ResolutionState.REQUESTED: pgettext_lazy("a decision", "Being carried out"),
        ResolutionState.DONE: pgettext_lazy("a decision", "Done"),
        ResolutionState.REFUSED: pgettext_lazy("a decision", "Could not be done"),
    },
)
