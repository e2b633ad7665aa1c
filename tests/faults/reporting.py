"""What a run of faults has in common, also where several processes share it: a seed, an order, a table at its end."""

import os
import random
from typing import Any

import pytest

from tests.faults import table

# `make faults SEED=…` plays the same rounds again
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
os.environ["SEED"] = str(SEED)  # for the processes that help this one
# two of these begin in each of three processes
LONGEST = ("[chaos]", "[impatient]", "[moments]", "[lines]", "[outages]", "[database]", "test_many_watched", "planted")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    stats = terminalreporter.stats
    rows = table.rows_of(report for report in stats.get("passed", []) if report.when == "call")
    books = table.books_of(report for report in stats.get("", []) if report.when == "teardown")
    failed = len(stats.get("failed", [])) + len(stats.get("error", []))
    terminalreporter.section(f"faults, SEED={SEED}")
    for line in table.lines(rows, failed, books):
        terminalreporter.write_line(line)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes share the faults, what takes longest begins first."""
    items.sort(key=lambda item: next((at for at, long in enumerate(LONGEST) if long in item.nodeid), len(LONGEST)))
