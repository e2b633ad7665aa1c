"""Rolling a version out as an operator does: with Temporal's own command line, as docs/operations.md says."""

import subprocess
import time

from orders.management.devstack.places import program

PATIENCE = 60.0


def make_current(build_id: str, *, deployment: str, address: str, namespace: str = "default") -> None:
    """Have new workflows, and those that upgrade by themselves, go on with this version; an empty one means workers
    that have none. A version becomes known when its worker polls, so this waits for it."""
    version = ["--build-id", build_id] if build_id else ["--unversioned"]
    command = [program("temporal"), "worker", "deployment", "set-current-version", "--yes", *version]
    command += ["--deployment-name", deployment, "--address", address, "--namespace", namespace]
    until = time.monotonic() + PATIENCE
    while (ran := subprocess.run(command, capture_output=True, text=True, check=False)).returncode:
        assert time.monotonic() < until, ran.stderr
        time.sleep(0.2)
