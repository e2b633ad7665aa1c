"""What tests of faults share: a seed, and a table of what was done to the shop and what held."""

import os
import random
from collections.abc import Callable
from typing import Any

import pytest
from temporalio.client import Client

from tests.faults import table

# `make faults SEED=…` plays the same rounds again
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
os.environ["SEED"] = str(SEED)  # for the processes that help this one


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.stats.get(kind, [])]
    if terminalreporter.config.getoption("markexpr") != "faults":
        return
    rows = table.rows_of(report for report in reports if report.when == "call")
    failed = len(terminalreporter.stats.get("failed", [])) + len(terminalreporter.stats.get("error", []))
    terminalreporter.section(f"faults, SEED={SEED}")
    for line in table.lines(rows, failed):
        terminalreporter.write_line(line)


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Chance, the same for the same seed and test."""
    return random.Random(f"{SEED} {request.node.nodeid}")


@pytest.fixture
def fault_row(record_property: Callable[[str, object], None]) -> table.Row:
    """Write a row of the table down; called at the end, once everything has been asserted."""
    return lambda *row: record_property(table.KEY, list(row))


@pytest.fixture
def no_worker_yet(transactional_db: None, temporal: Client) -> Client:
    """The `temporal` client, served by nobody so far."""
    return temporal
