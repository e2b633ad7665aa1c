"""A process beside each test process: once that is gone, however it went, it ends whatever that had started.

Servers outlive a process that is killed. What a test process starts inherits its environment, and so a mark; a pipe
that nobody else holds tells the watchdog of the end.
"""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import psutil

MARK = "SHOP_TESTS_PROCESS"
GENTLY = 10.0  # seconds for PostgreSQL to write its last


def guard_this_process() -> subprocess.Popen[bytes]:
    """From now on, what this process starts ends with it. The answer is to be kept: it holds the pipe."""
    unmarked = {name: value for name, value in os.environ.items() if name != MARK}
    mark = os.environ[MARK] = uuid4().hex
    command = [sys.executable, "-m", "tests.watchdog", mark]
    return subprocess.Popen(
        command, cwd=Path(__file__).parents[1], env=unmarked, stdin=subprocess.PIPE, start_new_session=True
    )


def marked(mark: str) -> list[psutil.Process]:
    """The processes that were started with this mark."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # gone meanwhile, or somebody else's
            if process.environ().get(MARK) == mark:
                found.append(process)
    return found


def end(mark: str) -> None:
    """End all processes with this mark, by asking first."""
    for process in marked(mark):
        with contextlib.suppress(psutil.Error):
            process.terminate()
    until = time.monotonic() + GENTLY
    while left := marked(mark):
        for process in left if time.monotonic() > until else []:
            with contextlib.suppress(psutil.Error):
                process.kill()
        time.sleep(0.1)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    end(sys.argv[1])
