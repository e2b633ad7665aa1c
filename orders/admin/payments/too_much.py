"""What is too much of a payment: credited to the customer, or sent back; each says what comes of it, in figures."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders import labels
from orders.admin.base.dialogs import Words
from orders.admin.payments.resolutions import ResolveForm, way_out
from orders.authorization.second_person import tier_of
from orders.models.approval import ApprovalKind
from orders.models.resolution import ResolutionAction
from orders.reconciliation.unmatched import order_of, too_much
from orders.rules.states import MismatchReason


class RestForm(ResolveForm):
    """What is over is decided about; of what is too much for an order, that gets its share first."""

    consequence: Words = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.closed:
            return
        event, order = self.payment_event, order_of(self.payment_event)
        rest = too_much(event)
        if event.reason == MismatchReason.TOO_MUCH and order is not None:
            words = labels.money(event.amount - rest, event.currency)
            self.facts = [*self.facts, (_("For order %(number)s") % {"number": order.number}, words)]
        self.facts = [*self.facts, (str(self.consequence), labels.money(rest, event.currency))]
        if self.action == ResolutionAction.CREDIT and (tier := tier_of(ApprovalKind.CREDIT_PAYMENT, rest)):
            self.facts.append((_("Needs the approval of"), labels.roles(tier.roles)))


class CreditForm(RestForm):
    """It is kept as the customer's store credit."""

    action = ResolutionAction.CREDIT
    consequence = gettext_lazy("Credited to the customer")


class ReturnForm(RestForm):
    """It goes back to the customer."""

    action = ResolutionAction.GIVE_BACK
    consequence = gettext_lazy("Sent back to the customer")


CREDIT = way_out(
    CreditForm,
    gettext_lazy(
        "What an order waits for is taken for it, and it goes on as paid. The rest becomes the customer's store "
        "credit, to pay later orders with."
    ),
)
GIVE_BACK = way_out(
    ReturnForm,
    gettext_lazy("The order gets what it waits for and goes on as paid. The rest goes back to the customer, once."),
    danger=True,
)
