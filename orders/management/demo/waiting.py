"""Waiting for what workflows do, and asking again where they were too busy to hear."""

import time
from collections.abc import Callable

from django.core.exceptions import ObjectDoesNotExist

from temporal_app.client.errors import Unavailable

LOOK_AGAIN = 0.15  # seconds
PATIENCE = 120.0
TRIES = 5


class Stuck(Exception):
    """Something in the demo did not happen, although it should have."""


def wait(is_over: Callable[[], bool], what: str = "something") -> None:
    """Wait until rows say so.

    :raises Stuck: they do not
    """
    until = time.monotonic() + PATIENCE
    while not holds(is_over):
        if time.monotonic() > until:
            raise Stuck(f"{what} did not go on for {PATIENCE:.0f} s")
        time.sleep(LOOK_AGAIN)


def holds(is_over: Callable[[], bool]) -> bool:
    """What rows say, some of which may not be there yet."""
    try:
        return is_over()
    except ObjectDoesNotExist:
        return False


def persist(call: Callable[[], None]) -> None:
    """Told to try again, do so: nothing is done twice.

    :raises Unavailable: it was heard none of these times
    """
    for attempt in range(1, TRIES + 1):
        try:
            return call()
        except Unavailable:
            if attempt == TRIES:
                raise
            time.sleep(attempt)
