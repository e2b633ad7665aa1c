"""What must hold between the tables and the workflows that they mirror; `orders.invariants` looks at the tables alone.

Who runs is asked in lists of ids, a page a call. Only orders that are open are asked how they stand, a few at a time,
each for so long and no longer; and only where an answer and its row disagree is there a second, careful look.
"""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

from temporalio.client import Client

from orders.rules.invariants import Finding
from temporal_app.invariants import carrying, mirrors

GRACE = timedelta(minutes=1)  # what has just begun is not in Temporal's lists yet


async def findings(
    client: Client, *, now: datetime, grace: timedelta = GRACE, progress: Callable[[], None] = lambda: None
) -> AsyncIterator[Finding]:
    """Everything in which the tables and the workflows differ, one after the other.

    :param progress: called after every page
    :raises RPCError: Temporal does not answer
    """
    for mirror in mirrors.MIRRORS:
        async for finding in mirrors.findings(client, mirror, due=now - grace, progress=progress):
            yield finding
    async for finding in carrying.findings(client, now=now, grace=grace, progress=progress):
        yield finding
