"""Orders of every kind are carried while the shop's processes die, and in the end everything adds up."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1_200)]


def carry(scenario: str, data_dir: Path, *options: str) -> str:
    """Run a scenario in processes of its own; returns what it said."""
    command = [sys.executable, "-m", "tests.faults.run", scenario, "--data-dir", str(data_dir), *options]
    run = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=1_100)
    assert run.returncode == 0, run.stdout + run.stderr[-5_000:]
    return run.stdout


def test_the_worker_or_temporal_dies_once_at_every_moment_that_matters(tmp_path: Path) -> None:
    said = carry("moments", tmp_path, "--orders", "18", "--seed", "1")

    assert "Everything adds up." in said


@pytest.mark.parametrize("seed", ["1", "2"])
def test_worker_web_server_temporal_and_postgresql_are_killed_by_chance(tmp_path: Path, seed: str) -> None:
    said = carry("random", tmp_path, "--orders", "18", "--kills", "12", "--seed", seed)

    assert said.count("killed") == 12
    assert "Everything adds up." in said


def test_whoever_gives_up_after_a_lost_answer_is_not_forgotten(tmp_path: Path) -> None:
    said = carry("impatient", tmp_path)

    assert "Everything adds up." in said
