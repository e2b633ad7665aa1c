"""Labels of what concerns our own bank account."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from orders.labels.enums import Labels
from orders.rules.states import RefundObstacle, RefundState, StatementState

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


def statement_problem(problem: tuple[str, str, Mapping[str, str]]) -> str:
    """What is wrong with an uploaded statement, or with one entry of it: a sentence in the reader's language."""
    where, reason, words = problem
    sentence = _(reason) % words
    return f"{where}: {sentence}" if where else sentence
