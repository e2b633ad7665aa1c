"""Leaves orders waiting in every state, and goes on as the worker of its commit until it is told to stop.

`tests.upgrade.rehearse` runs it in the tree of an earlier commit: `python -m tests.upgrade.leave FILE`. What it has
left is written to FILE, as JSON: by name of the state, what it has left there.
"""

import asyncio
import json
import os
import signal
import sys
import threading
from pathlib import Path

import django
import pytest


def main(file: Path) -> int:
    """Be a worker, leave the orders, and wait for SIGTERM."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    django.setup()
    from temporal_app import connection
    from tests.serving import workers_on
    from tests.upgrade import states

    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_signal: stopped.set())
    client = asyncio.run(connection.connect())
    connection.use(client)
    with workers_on(client), pytest.MonkeyPatch.context() as monkeypatch:
        states.become_current()
        left = {**states.leave(), **states.leave_failing(monkeypatch)}
        part = file.with_suffix(".part")
        part.write_text(json.dumps(left))
        part.rename(file)
        stopped.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
