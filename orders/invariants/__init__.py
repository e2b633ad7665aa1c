"""What must hold of the tables, each rule one statement that answers with the rows that break it.

A statement sees one moment of the database, and every activity writes an effect and its record in one transaction: so
what is found here is never just under way. `temporal_app.invariants` compares the tables with the workflows.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain

from orders.invariants import goods, money, states
from orders.rules.invariants import Finding

GRACE = timedelta(minutes=5)  # for what is written by a later step: then it is late


def findings(*, now: datetime, grace: timedelta = GRACE) -> Iterator[Finding]:
    """Everything in the tables that does not add up, one after the other."""
    due = now - grace
    return chain(goods.findings(), money.findings(), states.findings(due))
