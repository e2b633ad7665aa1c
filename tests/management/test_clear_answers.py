"""What is missing is said in one line, by every command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

SAMPLE = str(settings.BASE_DIR / "tests" / "journeys" / "sample")
NOWHERE = "http://127.0.0.1:1"
JOURNEY = ("-m", "tests.journeys.northwind")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "DJANGO_DEBUG": "true", "TEMPORAL_ADDRESS": "127.0.0.1:1", **environment}
    return subprocess.run(
        [sys.executable, *arguments], env=env, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("manage.py", "seed_demo"), "manage.py migrate"),
        (("manage.py", "import_statement", "no-such-file.xml"), "no-such-file.xml"),
        (("manage.py", "schedules", "describe"), "try again"),
        ((*JOURNEY, "no-such-folder", "--base-url", NOWHERE), "DIR: there is no customers.csv"),
        ((*JOURNEY, SAMPLE, "--base-url", NOWHERE), "--base-url: no shop answers"),
    ],
    ids=lambda value: " ".join(value).replace(SAMPLE, "SAMPLE") if isinstance(value, tuple) else "",
)
def test_a_command_names_what_is_missing(arguments: tuple[str, ...], named: str, tmp_path: Path) -> None:
    done = run(*arguments, DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3")

    assert done.returncode in (1, 2)
    assert named in done.stderr
    assert "Traceback" not in done.stderr


def test_a_journey_without_the_folder_of_the_running_shop_names_the_option(tmp_path: Path) -> None:
    done = run(*JOURNEY, SAMPLE, "--base-url", NOWHERE, "--data-dir", str(tmp_path))

    assert done.returncode == 2
    assert f"--data-dir: no shop is running on {tmp_path}" in done.stderr
