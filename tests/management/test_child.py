"""One program of the development stack, and what it may do to the others: nothing."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from orders.management.devstack.child import LINES_PER_WINDOW, Child

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
ignoring = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
print("grandchild", subprocess.Popen([sys.executable, "-c", ignoring]).pid, flush=True)
time.sleep(60)
"""
FLOOD = "for n in range(500): print(f'2026-01-01 00:00:00 WARNING flood number {n}')"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def start(tmp_path: Path, said: list[str]) -> Iterator:
    children: list[Child] = []

    def started(code: str) -> Child:
        command = [sys.executable, "-c", code]
        children.append(Child("demo", command, os.environ, tmp_path / "demo.log", said.append))
        return children[-1]

    yield started
    for child in children:
        child.kill()


def test_a_program_that_ignores_the_request_is_ended_with_its_own_children(start) -> None:
    child = start(STUBBORN)
    while not child.has_said("grandchild"):
        time.sleep(0.05)
    grandchild = psutil.Process(int(child.lines[-1].split()[1]))

    child.ask_to_stop()
    assert child.wait(0.3) is None
    child.kill()

    assert child.exit_code() == -9
    psutil.wait_procs([grandchild], timeout=60)
    assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE


def test_its_output_is_filed_and_only_alarming_lines_reach_the_terminal(start, said: list[str], tmp_path: Path) -> None:
    child = start("print('2026-01-01 INFO x fine'); print('2026-01-01 ERROR x broken')")

    assert child.wait(60) == 0

    assert said == ["[demo] 2026-01-01 ERROR x broken"]
    assert "fine" in (tmp_path / "demo.log").read_text()
    assert child.last_words() == "2026-01-01 ERROR x broken"


def test_a_flood_of_warnings_does_not_flood_the_terminal(start, said: list[str], tmp_path: Path) -> None:
    child = start(FLOOD)

    assert child.wait(60) == 0

    assert len(said) == LINES_PER_WINDOW
    assert len((tmp_path / "demo.log").read_text().splitlines()) == 500
