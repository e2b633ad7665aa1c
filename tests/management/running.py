"""`manage.py dev` as a process of its own, for tests."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings


class DevStack:
    """A `manage.py dev` on free ports with a data folder of its own. `output` grows while it runs."""

    def __init__(self, data_dir: Path, *options: str, **env: str) -> None:
        self.data_dir = data_dir
        ports = ["--port", "0", "--temporal-port", "0", "--temporal-ui-port", "0"]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "TEMPORAL_"))}
        self.process = subprocess.Popen(
            [
                sys.executable,
                str(settings.BASE_DIR / "manage.py"),
                "dev",
                "--data-dir",
                str(data_dir),
                "--empty",  # what fills it is tested by itself, see test_demo.py
                *ports,
                *options,
            ],
            env={**inherited, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def about(self, seconds: float = 200) -> dict[str, Any]:
        """What `dev.json` says, once everything runs."""
        until = time.monotonic() + seconds
        while not (self.data_dir / "dev.json").exists() or "Ctrl-C stops it" not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < until, self.output
            time.sleep(0.1)
        return json.loads((self.data_dir / "dev.json").read_text())

    def interrupt(self, number: signal.Signals) -> int:
        """Send the signal; its exit code, once everything has ended."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self, seconds: float = 120) -> int:
        """Its exit code, at its end."""
        code = self.process.wait(seconds)
        self._reader.join(5)
        return code

    def processes(self) -> list[psutil.Process]:
        """All processes that were started for this data folder, the stack's own included."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def child(self, words: str) -> psutil.Process:
        """The process with these words in its command line."""
        return next(process for process in self.processes() if words in " ".join(process.cmdline()))

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            mine = process.environ().get("DATA_DIR") == str(self.data_dir)
            return mine or str(self.data_dir) in process.cmdline()
        except psutil.Error:
            return False

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self.output += line


@contextmanager
def dev_stack(data_dir: Path, *options: str, **env: str) -> Iterator[DevStack]:
    """A stack that is surely gone afterwards."""
    stack = DevStack(data_dir, *options, **env)
    try:
        yield stack
    finally:
        for process in stack.processes():
            process.kill()
        stack.wait()


def status_of(address: str) -> int:
    """The HTTP status that a GET answers."""
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
