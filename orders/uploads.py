"""Handing an account statement over, from a page or from a command."""

from orders.models import BankStatement
from temporal_app import client
from temporal_app.refusals import DoorError


def hand_over(statement: BankStatement) -> bool:
    """Have a statement taken; False where that still goes on. Where nobody takes it, neither row nor file is left.

    :raises DoorError: it was refused, or nobody answers
    """
    try:
        finished = client.import_statement(statement.pk)
    except DoorError:
        # left here it would look as if somebody might still take it
        statement.file.delete(save=False)
        statement.delete()
        raise
    statement.refresh_from_db()
    return finished
