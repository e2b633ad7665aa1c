"""The rehearsal of an upgrade: `python -m tests.upgrade.rehearse [--since REF]`.

A shop at an earlier commit leaves orders waiting in every state. This commit's worker is rolled out beside it, as
docs/operations.md says, the earlier one is stopped, and everything has to come to its end. Exit code 0: it has.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import django

from orders.management.devstack.places import HOST, Places, choose, program
from tests.postgres import socket_of
from tests.postgres import start as start_postgres
from tests.upgrade.earlier import Tree, here, tree_of
from tests.upgrade.versions import make_current

READY_WITHIN = 120.0
DEPLOYMENT, BEFORE, AFTER = "shop", "before", "after"


def main() -> int:
    """Rehearse, and tell in a table how it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--since", default="HEAD~1", help="the commit that leaves the orders (default: the one before)")
    since = parser.parse_args().since
    with tempfile.TemporaryDirectory(prefix="shop-upgrade-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        earlier = tree_of(since, folder / "earlier")
        say(f"{earlier.commit} leaves orders waiting, this tree takes them to their end.")
        with servers(folder) as environment:
            return rehearse(earlier, environment, folder)


def rehearse(earlier: Tree, environment: Mapping[str, str], folder: Path) -> int:
    """Leave, roll out, finish."""
    run(earlier, environment, folder, "manage.py", "migrate", "--no-input")
    file, log = folder / "left.json", folder / "earlier.log"
    with started(earlier, versioned(environment, BEFORE), log, "-m", "tests.upgrade.leave", file) as earlier_worker:
        wait_for(file.exists, log)
        left = json.loads(file.read_text())
        say(f"{len(left)} things wait. Rolling this tree out beside it.")
        run(here(), environment, folder, "manage.py", "migrate", "--no-input")
        become_a_person(environment)
        from tests.upgrade import finish

        if lost := finish.not_replaying():
            return tell(["Not rolled out: this tree cannot go on with", *lost])
        was = finish.versions(left)
        with started(here(), versioned(environment, AFTER), folder / "worker.log", "manage.py", "run_worker"):
            make_current(AFTER, deployment=DEPLOYMENT, address=environment["TEMPORAL_ADDRESS"])
            stop(earlier_worker)
            rows = list(finish.finish(left, was))
            mirror = mirror_problems(environment)
    for row in rows:
        say(f"{row.state:26}{row.what:18.16}{row.before:10}{row.after:10}{row.problem or 'as it should'}")
    return tell([f"{row.state}: {row.problem}" for row in rows if row.problem] + mirror)


def tell(problems: list[str]) -> int:
    """What went wrong, and the exit code."""
    say("\n".join(problems) or "All of it came to its end, and the books add up.")
    return 1 if problems else 0


def mirror_problems(environment: Mapping[str, str]) -> list[str]:
    """What `manage.py check_mirror` of this tree finds."""
    command = [*here().python, "manage.py", "check_mirror", "--within", "120"]
    ran = subprocess.run(command, cwd=here().folder, env=environment, capture_output=True, text=True, check=False)
    return [] if ran.returncode == 0 else [f"check_mirror: {ran.stdout}{ran.stderr}".strip()]


def become_a_person(environment: Mapping[str, str]) -> None:
    """Have this process talk to the shop's Temporal and database, as those do who act."""
    os.environ.update({**environment, "LOG_LEVEL": "WARNING"})
    django.setup()
    from temporal_app import connection

    connection.use(asyncio.run(connection.connect()))


@contextmanager
def servers(folder: Path) -> Iterator[dict[str, str]]:
    """Temporal and PostgreSQL; gives the settings of every process of the shop."""
    with ExitStack() as cleanup:
        postgres = start_postgres(folder / "postgres", cleanup_mode="stop")
        cleanup.callback(postgres.cleanup)
        places: Places = choose(0, 0, 0, folder)
        command = [program("temporal"), "server", "start-dev", "--ip", HOST, "--headless", "--log-level", "error"]
        log = cleanup.enter_context((folder / "temporal.log").open("w"))
        temporal = subprocess.Popen([*command, "--port", str(places.temporal_port)], stdout=log, stderr=log)
        cleanup.callback(stop, temporal)
        database = f"postgres://postgres@/postgres?host={socket_of(postgres)}"
        ours = {"DJANGO_SETTINGS_MODULE": "shop.settings", "TEMPORAL_DEPLOYMENT_NAME": DEPLOYMENT}
        environment = {**places.environment(), **ours, "DATABASE_URL": database}
        wait_for(lambda: answers(places.temporal), folder / "temporal.log")
        yield environment


def answers(address: str) -> bool:
    """Whether a Temporal does."""
    command = [program("temporal"), "operator", "cluster", "health", "--address", address]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def versioned(environment: Mapping[str, str], build_id: str) -> dict[str, str]:
    """The same settings, for a worker of this version."""
    return {**environment, "TEMPORAL_WORKER_BUILD_ID": build_id}


@contextmanager
def started(
    tree: Tree, environment: Mapping[str, str], log: Path, *arguments: str | Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process in a tree; told to stop at the end, as an operator does."""
    with log.open("w") as output:
        command = [*tree.python, *map(str, arguments)]
        process = subprocess.Popen(command, cwd=tree.folder, env=environment, stdout=output, stderr=output)
        try:
            yield process
        finally:
            stop(process)


def run(tree: Tree, environment: Mapping[str, str], folder: Path, *arguments: str) -> None:
    """A command of a tree that ends by itself."""
    log = folder / "commands.log"
    with log.open("a") as output:
        command = [*tree.python, *arguments]
        code = subprocess.run(command, cwd=tree.folder, env=environment, stdout=output, stderr=output, check=False)
    if code.returncode:
        sys.exit(f"{' '.join(arguments)} failed in {tree.folder}: {log.read_text()[-2000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, and after half a minute SIGKILL."""
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(is_so: Callable[[], bool], log: Path) -> None:
    """Until it is; otherwise the end of the log says why not."""
    until = time.monotonic() + READY_WITHIN
    while not is_so():
        if time.monotonic() > until:
            sys.exit(f"It never happened: {log.read_text()[-3000:]}")
        time.sleep(0.2)


def say(line: str) -> None:
    """One line for the person at the terminal."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
