"""What must hold of the tables: each rule is one statement, answered with what breaks it.

A statement sees one moment of the database, and every activity writes an effect and its record in one transaction: so
what is found here is never just under way. `temporal_app.invariants` compares the tables with the workflows.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from orders.invariants import goods, money, states
from orders.invariants.books import check_books
from orders.rules.invariants import Finding

GRACE = timedelta(minutes=5)  # for what is written by a later step: then it is late


def findings(
    *, now: datetime, grace: timedelta = GRACE, progress: Callable[[], None] = lambda: None
) -> Iterator[Finding]:
    """Everything in the tables that does not add up, one after the other.

    :param progress: called now and then
    """
    for some in (goods.findings(), money.findings(), check_books(now - grace), states.findings(now - grace)):
        progress()
        yield from some
