"""Handing an account statement over, from a page or from a command."""

import hashlib

from orders.models import BankStatement
from orders.rules.states import StatementState
from temporal_app import client
from temporal_app.client.errors import kept


def hand_over(statement: BankStatement) -> tuple[BankStatement, bool]:
    """Have a statement taken; answers it as it is then, and False where that still goes on.

    Where nobody answers it is kept; the same file, uploaded again by the same person, takes its place up.

    :raises OutcomeUnknown: nobody answers
    """
    statement = _first_upload(statement)
    with kept():
        finished = client.import_statement(statement.pk)
    statement.refresh_from_db()
    return statement, finished


def _first_upload(statement: BankStatement) -> BankStatement:
    """An earlier upload of this file that is still to be taken, instead of this one, which is put away."""
    waiting = BankStatement.objects.filter(
        state=StatementState.UPLOADED, name=statement.name, uploaded_by=statement.uploaded_by, pk__lt=statement.pk
    )
    content = _digest(statement)
    for earlier in waiting.order_by("pk"):
        if _digest(earlier) == content:
            statement.file.delete(save=False)
            statement.delete()
            return earlier
    return statement


def _digest(statement: BankStatement) -> str:
    """What tells a file from others; empty where it is gone."""
    try:
        with statement.file.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""
