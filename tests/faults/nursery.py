"""A process that has read the whole program and has copies of itself do the work: one that dies is replaced at once.

Starting Python with Django and Temporal takes seconds; a copy is there in a hundredth of one. The copies end with it.
"""

import ctypes
import os
import signal
from collections.abc import Callable

SET_DEATH_SIGNAL = 1  # Linux, prctl(2)


def keep(work: Callable[[], None], copies: int = 1) -> None:
    """Have so many copies of this process do the work, for ever. Nothing with threads may have begun before."""
    parent = os.getpid()
    alive = {_copy(work, parent) for _number in range(copies)}
    while True:
        dead, _status = os.wait()
        alive.discard(dead)
        alive.add(_copy(work, parent))


def _copy(work: Callable[[], None], parent: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    ctypes.CDLL(None).prctl(SET_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    try:
        work()
    finally:
        os._exit(1)  # never into the parent's loop
