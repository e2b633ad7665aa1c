"""A batch whose worker process is killed in the middle."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from temporalio.client import Client

from orders.models import PaymentCheck, PaymentNotice
from temporal_app.workflows.batch_payment_check import BatchPaymentCheckWorkflow
from tests.payment_checks.asking import BATCH, heard, runs_of, start_batch, start_silent_sagas
from tests.payment_checks.rows import make_waiting
from tests.workflows.making import ask


@pytest.fixture
def start_worker(transactional_db: None, temporal: Client, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen]]:
    """Starts a worker process on this test's Temporal and database; it logs what it asks the provider."""
    started: list[subprocess.Popen] = []
    known = connection.settings_dict
    database = {"NAME": str(known["NAME"]), "HOST": known["HOST"]}

    def start() -> subprocess.Popen:
        env = {**os.environ, "TEMPORAL_ADDRESS": temporal.service_client.config.target_host, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "tests.payment_checks.worker_process"]
        arguments = [json.dumps(database), str(tmp_path / "asked")]
        process = subprocess.Popen([*command, *arguments], cwd=settings.BASE_DIR, env=env, stdout=-1, stderr=-2)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def pages(file: Path) -> list[str]:
    """What the provider has been asked so far, a line for each call."""
    return file.read_text().splitlines() if file.exists() else []


def test_a_batch_of_ten_thousand_survives_its_worker_being_killed(start_worker, temporal: Client, tmp_path: Path):
    numbers = make_waiting(10_000, paid=300)
    start_silent_sagas(temporal, numbers[:20] + numbers[190:210])
    first = start_worker()
    start_batch(temporal)
    until = time.monotonic() + 60
    while len(pages(tmp_path / "asked")) < 40 and time.monotonic() < until:
        time.sleep(0.01)

    first.send_signal(signal.SIGKILL)
    first.wait()
    asked_by_the_first = len(pages(tmp_path / "asked"))
    start_worker()
    batch = temporal.get_workflow_handle_for(BatchPaymentCheckWorkflow.run, BATCH)
    totals = ask(batch.result())

    asked = pages(tmp_path / "asked")
    assert 40 <= asked_by_the_first < 100
    assert len(set(asked)) == 100
    assert len(asked) <= 101  # only the page that was being asked about when the worker died is asked about again
    assert sorted(" ".join(set(asked)).split()) == sorted(f"r_{number}" for number in numbers)
    assert (totals.processed, totals.paid, totals.batches) == (10_000, 300, 100)
    assert max(runs_of(temporal)) <= 2_000
    assert heard(temporal, numbers[:20:4] + numbers[190:210:4]) == [1] * 10
    assert PaymentNotice.objects.count() == 300
    assert PaymentCheck.objects.get().processed == 10_000
