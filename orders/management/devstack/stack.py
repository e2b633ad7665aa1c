"""Starting the programs one after the other, watching them, and ending them in reverse."""

import asyncio
import re
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from types import FrameType

from django.conf import settings
from django.core.management import get_commands

from orders.management.devstack.child import Child
from orders.management.devstack.places import HOST, Places, StackError, program, python
from temporal_app.connection import NotConnected, connect

MANAGE = str(settings.BASE_DIR / "manage.py")
PROGRESS = re.compile(r"^Demo: ")
STARTING_SECONDS = 60
# Together under five seconds, for three programs that all ignore the request.
STOPPING_SECONDS = 1.4
TICK = 0.1


class Stack:
    """
    The running programs, in the order of their start.

    `say` takes a line for the terminal. Use as a context: leaving it ends everything, last started first.
    """

    def __init__(self, places: Places, say: Callable[[str], None]) -> None:
        self.places = places
        self._say = say
        self._running: list[Child] = []
        self._filling: Child | None = None
        self._interrupted = False
        self._environment = places.environment()

    def __enter__(self) -> "Stack":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        self.places.withdraw()
        for child in reversed([*self._running, *([self._filling] if self._filling else [])]):
            child.ask_to_stop()
            child.wait(STOPPING_SECONDS)
            child.kill()

    def bring_up(self) -> str:
        """Start everything, each healthy before the next. Returns what `seed_demo` said about signing in."""
        self._start_temporal()
        self._run_once("migrate", "migrate", "--no-input")
        welcome = self._run_once("seed_demo", "seed_demo") if "seed_demo" in get_commands() else ""
        self._start_worker()
        self._run_once("schedules", "schedules", "sync")
        self._start_web()
        self.places.announce()
        return welcome

    def fill(self) -> None:
        """Begin to fill the shop with the demo's orders, behind everybody who looks at its pages."""
        command, log = python(MANAGE, "fill_demo"), self.places.data_dir / "logs" / "demo.log"
        self._filling = Child("demo", command, self._environment, log, self._say, shown=PROGRESS)

    def watch(self) -> None:
        """Never returns: a program that ends raises StackError, a signal KeyboardInterrupt."""
        while True:
            for child in self._running:
                self._must_run(child)
            self._look_after_filling()
            self._pause()

    def _look_after_filling(self) -> None:
        """The shop runs with or without its demo; one that was broken off goes on at the next start."""
        if self._filling is not None and (code := self._filling.exit_code()) is not None:
            if code:
                words = self._filling.last_words()
                self._say(f"[demo] not all of it is there: {words} (see {self._filling.log}); the next start goes on")
            self._filling = None

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        # only noted: an exception at any moment could lose a program between its start and its entry in the list
        self._interrupted = True

    def _pause(self) -> None:
        time.sleep(TICK)
        if self._interrupted:
            raise KeyboardInterrupt

    def _start_temporal(self) -> None:
        places = self.places
        command = [program("temporal"), "server", "start-dev", "--ip", HOST, "--log-level", "warn"]
        command += ["--port", str(places.temporal_port), "--ui-port", str(places.temporal_ui_port)]
        command += ["--db-filename", str(places.data_dir / "temporal.db")]
        self._start("temporal", command, lambda child: _temporal_answers(places.temporal))

    def _start_worker(self) -> None:
        self._start("worker", python(MANAGE, "run_worker"), lambda child: child.has_said("worker serves"))

    def _start_web(self) -> None:
        command = python("-m", "uvicorn", "shop.asgi:application", "--host", HOST, "--port", str(self.places.port))
        # open event streams would keep it from stopping; addresses of orders do not belong into logs; nobody stands
        # before it whose word on an address could be taken: guessing passwords is throttled by address
        command += [
            "--app-dir",
            str(settings.BASE_DIR),
            "--timeout-graceful-shutdown",
            "1",
            "--no-access-log",
            "--no-proxy-headers",
            "--log-level",
            "warning",
        ]
        self._start("web", command, lambda child: _page_answers(f"{self.places.shop}/readyz"))

    def _start(self, name: str, command: list[str], healthy: Callable[[Child], bool]) -> None:
        child = self._child(name, command)
        self._running.append(child)
        until = time.monotonic() + STARTING_SECONDS
        while not healthy(child):
            self._must_run(child)
            if time.monotonic() > until:
                raise StackError(f"{name} was not ready after {STARTING_SECONDS} s; see {child.log}")
            self._pause()

    def _run_once(self, name: str, *arguments: str) -> str:
        child = self._child(name, python(MANAGE, *arguments))
        self._running.append(child)
        until = time.monotonic() + STARTING_SECONDS
        while (code := child.exit_code()) is None and time.monotonic() < until:
            self._pause()
        if code != 0:
            raise StackError(f"`manage.py {name}` failed: {child.last_words()} (see {child.log})")
        self._running.remove(child)
        child.wait(STOPPING_SECONDS)  # for the rest of its output
        return "\n".join(child.lines)

    def _child(self, name: str, command: list[str]) -> Child:
        return Child(name, command, self._environment, self.places.data_dir / "logs" / f"{name}.log", self._say)

    def _must_run(self, child: Child) -> None:
        code = child.exit_code()
        if code is not None:
            ending = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
            raise StackError(f"{child.name} {ending}: {child.last_words()} (see {child.log})")


def _temporal_answers(address: str) -> bool:
    try:
        asyncio.run(connect(target_host=address))
    except NotConnected:
        return False
    return True


def _page_answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=1) as answer:  # noqa: S310 # nosec B310 # our own http address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
