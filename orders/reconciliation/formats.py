"""Account statements in every format that we read: told apart by how they begin, not by what they are called."""

from collections.abc import Iterator
from typing import IO

from django.utils.translation import gettext_noop

from orders.reconciliation import camt, mt940
from orders.reconciliation.entries import Item, Unreadable

BEGINNING = 64 * 1024


def read(file: IO[bytes]) -> Iterator[Item]:
    """Everything in a file, entry by entry.

    :raises Unreadable: none of our formats, or damaged (after what was read so far)
    """
    beginning = file.read(BEGINNING)
    file.seek(0)
    if not beginning.strip():
        raise Unreadable(gettext_noop("The file is empty."))
    if mt940.is_one(beginning):
        yield from mt940.read(file)
    elif camt.is_one(beginning):
        yield from camt.read(file)
    else:
        raise Unreadable(gettext_noop("This is no account statement: neither CAMT.053, CAMT.054 nor MT940."))
