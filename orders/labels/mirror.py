"""Words for the rules that always hold, and for checks whether they do."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orders.labels.enums import Labels
from orders.models.mirror_check import CheckEnd
from orders.rules.invariants import Invariant

check_end = Labels(
    CheckEnd,
    {
        CheckEnd.RUNNING: pgettext_lazy("a check of the shop", "Running"),
        CheckEnd.DONE: pgettext_lazy("a check of the shop", "Finished"),
        CheckEnd.BROKEN_OFF: pgettext_lazy("a check of the shop", "Broken off"),
    },
)
invariant = Labels(
    Invariant,
    {
        Invariant.RESERVED_AS_PROMISED: _("What a product has reserved is what orders hold of it."),
        Invariant.GOODS_FOLLOW_ORDER: _("Goods are held while an order is under way, and not after its end."),
        Invariant.LINES_ARE_RESERVED: _("A paid order has all its lines reserved, and nothing else."),
        Invariant.TOTAL_OF_LINES: _("An order costs what its lines cost."),
        Invariant.CAPTURED_ONCE: _("The money for an order is taken once."),
        Invariant.CAPTURED_WITHIN_HELD: _("No more is taken than was held."),
        Invariant.REFUNDED_WITHIN_RECEIVED: _("No more is given back than was taken."),
        Invariant.PAID_ONLY_IF_CAPTURED: _("An order is paid, and leaves the house, only with its money taken."),
        Invariant.CANCELLED_KEEPS_NOTHING: _("The shop keeps no money of a cancelled order."),
        Invariant.NOTHING_NEGATIVE: _("No account but a provider's holds less than nothing."),
        Invariant.TAKEN_AS_TOLD: _("What the journal says was taken is what the order's timeline says."),
        Invariant.UNMATCHED_STANDS: _("An unmatched payment stands in the journal until it is decided about."),
        Invariant.RECEIVED_STANDS: _("What came for an order stands on its account."),
        Invariant.REFUNDS_STAND: _("What finance has to pay back stands in the journal until it is made."),
        Invariant.TAKEN_BACK_STANDS: _("What the bank took back stands in the journal as missing."),
        Invariant.PROVIDER_AGREES: _("A provider took and gave back what the journal says."),
        Invariant.UNDONE_OR_IN_HANDS: _("What could not be undone is in front of people until it is settled."),
        Invariant.STORY_FITS_STATUS: _("What an order has become stands on its timeline."),
        Invariant.ENDED_HAS_AN_END: _("What has ended has a time when it did."),
        Invariant.WAITS_UNTIL: _("Whoever waits knows until when."),
        Invariant.EVENTS_ARE_HEARD: _("What a provider told the shop has been looked at."),
        Invariant.PAYMENT_AS_AT_PROVIDER: _("A provider knows of a payment what the shop knows."),
        Invariant.PROVIDER_ANSWERS: _("Providers answer."),
        Invariant.WORKFLOW_RUNS: _("What is open is carried by a workflow."),
        Invariant.ROW_IS_OPEN: _("What a workflow carries is open."),
        Invariant.MIRROR_AGREES: _("The shop shows what the workflow says."),
        Invariant.SOMETHING_WILL_COME: _("Whoever waits will hear something: a message, a deadline or another try."),
        Invariant.WORKFLOW_ANSWERS: _("Workflows answer."),
    },
)
