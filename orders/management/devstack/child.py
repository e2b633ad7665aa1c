"""One program of the stack: started in a process group of its own, its output filed, and surely ended."""

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ALARMING = re.compile(r" (WARNING|ERROR|CRITICAL) ")
LINES_PER_WINDOW = 20
WINDOW_SECONDS = 10.0


class Child:
    """
    A running program. Every line it writes goes to `log`; those that are `shown` (warnings and errors) also to `say`,
    with its name in front.

    It leads a process group, so that Ctrl-C in the terminal does not reach it before its turn, and so that whatever
    it has started ends with it.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        log: Path,
        say: Callable[[str], None],
        shown: re.Pattern[str] = ALARMING,
    ) -> None:
        self.name = name
        self.log = log
        self.lines: deque[str] = deque(maxlen=200)
        self._say, self._to_show = say, shown
        self._shown: deque[float] = deque(maxlen=LINES_PER_WINDOW)
        self._process = subprocess.Popen(  # nosec B603 # a list of ours, no shell
            command,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, name=f"output of {name}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Its process id, which is also that of its group."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """What it ended with, or None while it runs."""
        return self._process.poll()

    def wait(self, seconds: float) -> int | None:
        """Wait for its end for at most so long; its exit code and all its output are there then, or None."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
            self._reader.join(1)
        return self.exit_code()

    def has_said(self, words: str) -> bool:
        """Whether a line of its output holds these words."""
        return any(words in line for line in list(self.lines))

    def last_words(self) -> str:
        """Its last line that says anything."""
        self._reader.join(1)
        return next((line for line in reversed(self.lines) if line.strip()), "no output")

    def ask_to_stop(self) -> None:
        """SIGTERM to the whole group."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to whatever is left of the group."""
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._reader.join(1)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output, self.log.open("w") as file:
            for line in output:
                file.write(line)
                file.flush()
                self.lines.append(line.rstrip("\n"))
                if self._to_show.search(line):
                    self._show(line)

    def _show(self, line: str) -> None:
        now = time.monotonic()
        if len(self._shown) == LINES_PER_WINDOW and now - self._shown[0] < WINDOW_SECONDS:
            return  # the rest of a flood is in the log file
        self._shown.append(now)
        with contextlib.suppress(OSError):  # the terminal is gone; the child must not wait for it
            self._say(f"[{self.name}] {line.rstrip()[:500]}")
