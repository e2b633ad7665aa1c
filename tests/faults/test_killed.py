"""Orders of every kind are carried while the shop's processes die and hang, and in the end everything adds up."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from tests.faults import table
from tests.faults.reporting import SEED
from tests.faults.table import Row

pytestmark = [pytest.mark.faults, pytest.mark.timeout(2_700)]
PATIENCE = 2_600
# rounds of each scenario; of `chaos`, orders
SCENARIOS = {"moments": 5, "impatient": 1, "outages": 10, "database": 1, "lines": 50, "chaos": 1_000}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_everything_adds_up_whatever_dies(
    scenario: str, tmp_path: Path, fault_row: Row, record_property: Callable[[str, object], None]
) -> None:
    command = [sys.executable, "-m", "tests.faults.run", scenario, "--data-dir", str(tmp_path)]
    command += ["--rounds", str(SCENARIOS[scenario]), "--seed", str(SEED)]

    with subprocess.Popen(
        command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        try:
            said, _nothing = run.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGTERM)
            said, _nothing = run.communicate(timeout=60)

    assert run.returncode == 0, "\n".join(line for line in said.splitlines() if " WARN" not in line)[-20_000:]
    for row in (json.loads(line.removeprefix("ROW ")) for line in said.splitlines() if line.startswith("ROW ")):
        fault_row(*row)
    record_property(table.BOOKS, 1)  # the last thing a scenario does: `tests.faults.books`, with the workflows
