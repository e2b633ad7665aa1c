"""Messages of statement imports and of refunds that finance makes."""

from dataclasses import dataclass

from temporal_app.messages.payment_checks import PaidOrder


@dataclass(frozen=True)
class StatementImport:
    """What the import of a statement starts with, and what the last run hands to the next.

    :param taken: its payments have been written down
    :param after: the last line (row id) that was matched
    """

    statement_id: int
    taken: bool = False
    after: int = 0
    lines_per_page: int = 100
    pages_per_run: int = 5


@dataclass(frozen=True)
class LinesPage:
    """Match the next lines of a statement with their orders."""

    statement_id: int
    after: int
    size: int


@dataclass(frozen=True)
class MatchedLines:
    """How many lines were looked at, up to which (row id), and whose money was among them."""

    checked: int
    after: int
    paid: tuple[PaidOrder, ...] = ()


@dataclass(frozen=True)
class RefundExport:
    """A member of staff wants these refunds (row ids) in a file for the bank."""

    task_ids: tuple[int, ...]
    by: str


@dataclass(frozen=True)
class RefundWithdrawal:
    """A member of staff says that the bank did not carry out the rest of a file."""

    batch_id: int
    by: str


@dataclass(frozen=True)
class DebitSettlement:
    """A member of staff has dealt with a debit; what they say of it stands in its row.

    :param way: where its money belongs, as in `DebitWay`; `key` of the refund or file where it is one
    """

    debit_id: int
    by: str
    way: str = ""
    key: int = 0


@dataclass(frozen=True)
class RefundMade:
    """A member of staff has made the transfer of one refund task."""

    task_id: int
    by: str
