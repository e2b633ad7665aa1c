"""Labels of what concerns our own bank account."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from orders.labels.enums import Labels
from orders.rules.states import DebitKind, DebitState, RefundObstacle, RefundStage, RefundState, StatementState

statement_state = Labels(
    StatementState,
    {
        StatementState.UPLOADED: pgettext_lazy("bank statement", "Being taken"),
        StatementState.IMPORTED: pgettext_lazy("bank statement", "Taken"),
        StatementState.REFUSED: pgettext_lazy("bank statement", "Refused"),
    },
)
refund_state = Labels(
    RefundState,
    {
        RefundState.OPEN: pgettext_lazy("refund", "To be made"),
        RefundState.DONE: pgettext_lazy("refund", "Made"),
    },
)
refund_stage = Labels(
    RefundStage,
    {
        RefundStage.REQUESTED: pgettext_lazy("refund", "Asked for"),
        RefundStage.SENDING: pgettext_lazy("refund", "On its way"),
        RefundStage.DONE: pgettext_lazy("refund", "Made"),
        RefundStage.REFUSED: pgettext_lazy("refund", "Not made"),
    },
)

refund_obstacle = Labels(
    RefundObstacle,
    {
        RefundObstacle.MADE: pgettext_lazy("refund", "Made already"),
        RefundObstacle.IN_A_FILE: pgettext_lazy("refund", "In another file"),
        RefundObstacle.OTHER_CURRENCY: pgettext_lazy("refund", "Left out: not in euros"),
        RefundObstacle.NO_IBAN: pgettext_lazy("refund", "Left out: no valid IBAN of a SEPA country"),
        RefundObstacle.NO_PAYEE: pgettext_lazy("refund", "Left out: no payee's name"),
    },
)

debit_kind = Labels(
    DebitKind,
    {
        DebitKind.REFUND: pgettext_lazy("debit", "A refund, carried out"),
        DebitKind.TAKEN_BACK: pgettext_lazy("debit", "Money taken back"),
        DebitKind.PAID_TWICE: pgettext_lazy("debit", "A refund, paid twice"),
        DebitKind.OTHER_AMOUNT: pgettext_lazy("debit", "A refund, with another amount"),
        DebitKind.UNKNOWN_REFUND: pgettext_lazy("debit", "Called a refund, but none of ours"),
        DebitKind.COLLECTIVE: pgettext_lazy("debit", "A file of refunds, in one sum"),
    },
)
debit_meaning = Labels(
    DebitKind,
    {
        DebitKind.REFUND: gettext_lazy("The bank has carried out the refund; it is marked as made."),
        DebitKind.TAKEN_BACK: gettext_lazy(
            "A payment was returned, reversed or called back. Its order may have been shipped, and the money is "
            "missing; do not send the payment back once more."
        ),
        DebitKind.PAID_TWICE: gettext_lazy("The refund had been carried out before. Ask for the money back."),
        DebitKind.OTHER_AMOUNT: gettext_lazy(
            "The bank paid another amount than was asked for. The refund is still to be made; if this was its "
            "transfer, mark it as made."
        ),
        DebitKind.UNKNOWN_REFUND: gettext_lazy("There is no refund of this name here. Ask the bank who ordered it."),
        DebitKind.COLLECTIVE: gettext_lazy(
            "The bank booked a sum without saying what for. A file of refunds comes to as much; say so if it is that."
        ),
    },
)
debit_state = Labels(
    DebitState,
    {
        DebitState.OPEN: pgettext_lazy("debit", "Needs a person"),
        DebitState.SETTLED: pgettext_lazy("debit", "Settled"),
    },
)


def statement_problem(problem: tuple[str, str, Mapping[str, str]]) -> str:
    """What is wrong with an uploaded statement, or with one entry of it: a sentence in the reader's language."""
    where, reason, words = problem
    sentence = _(reason) % words
    return f"{where}: {sentence}" if where else sentence
