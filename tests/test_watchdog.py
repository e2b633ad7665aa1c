"""A test process that is killed leaves nothing behind."""

import subprocess
import sys

import psutil
from django.conf import settings

from tests.factories.orders import eventually

STARTS_A_SERVER = """
import subprocess, sys
from tests import watchdog

pipe = watchdog.guard_this_process()
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
servers = [subprocess.Popen(sleep, start_new_session=True) for _number in range(2)]
print(*(server.pid for server in servers), flush=True)
sys.stdin.read()
"""


def runs(server: psutil.Process) -> bool:
    """Whether it runs; one that has ended stays listed until somebody asks what it ended with."""
    try:
        return server.is_running() and server.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_what_a_killed_test_process_had_started_ends() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTS_A_SERVER], cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        servers = [psutil.Process(int(pid)) for pid in process.stdout.readline().split()]

        process.kill()

        eventually(lambda: not any(runs(server) for server in servers), within=120)
