"""Waiting for what workflows do, and asking again where they were too busy to hear."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.core.exceptions import ObjectDoesNotExist
from temporalio.service import RPCError

from temporal_app.client.errors import Unavailable
from temporal_app.connection import NotConnected

Answer = TypeVar("Answer")
LOOK_AGAIN = 0.15  # seconds
PATIENCE = 120.0
TRIES = 8
TOO_BUSY = (Unavailable, NotConnected, RPCError)  # the last two where an activity wakes the outbox


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


def persist(call: Callable[[], Answer]) -> Answer:
    """Told to try again, do so: nothing is done twice.

    :raises Unavailable, NotConnected, RPCError: it was heard none of these times
    """
    for attempt in range(1, TRIES):
        try:
            return call()
        except TOO_BUSY:
            time.sleep(attempt)
    return call()
