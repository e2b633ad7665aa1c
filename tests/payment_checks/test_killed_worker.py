"""A batch whose worker process is killed in the middle."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from temporalio.client import Client

from orders.models import PaymentCheck, PaymentEvent
from temporal_app.messages import CheckTotals
from temporal_app.workflows.batch_payment_check import BatchPaymentCheckWorkflow
from tests.factories.orders import ask
from tests.factories.waiting import make_waiting
from tests.payment_checks.asking import BATCH, attempts_lost, heard, runs_of, start_batch, start_silent_sagas
from tests.serving import environment_of


@pytest.fixture
def start_worker(transactional_db: None, temporal: Client, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen]]:
    """Starts a worker process on this test's Temporal and database; it logs what it asks the provider."""
    started: list[subprocess.Popen] = []
    known = connection.settings_dict
    database = {"NAME": str(known["NAME"]), "HOST": known["HOST"]}

    def start(dies_at: int = 0) -> subprocess.Popen:
        env = {**os.environ, **environment_of(temporal), "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "tests.payment_checks.worker_process"]
        arguments = [json.dumps(database), str(tmp_path / "asked"), str(dies_at)]
        process = subprocess.Popen([*command, *arguments], cwd=settings.BASE_DIR, env=env, stdout=-1, stderr=-2)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def calls(file: Path) -> list[str]:
    """What the provider has been asked so far, a line for each call."""
    return file.read_text().splitlines() if file.exists() else []


@pytest.mark.parametrize("pages", [10, pytest.param(100, marks=pytest.mark.faults)])
def test_a_hundred_orders_are_one_call_and_all_are_checked_though_the_worker_is_killed(
    start_worker, temporal: Client, tmp_path: Path, pages: int
):
    orders, log = pages * 100, tmp_path / "asked"
    numbers = make_waiting(orders, paid=60)
    start_silent_sagas(temporal, numbers[:10] + numbers[50:60])
    killed_in = 4 * pages // 10
    start_batch(temporal)

    first = start_worker(dies_at=killed_in)
    first.wait(200)
    start_worker()
    survived = finish(temporal)
    asked, lost = calls(log), attempts_lost(temporal)
    start_batch(temporal)
    undisturbed = finish(temporal)
    asked_undisturbed = calls(log)[len(asked) :]

    every_order = sorted(f"r_{number}" for number in numbers)
    assert first.returncode == -signal.SIGKILL
    assert len(set(asked)) == pages
    assert asked.count(asked[killed_in - 1]) > 1  # the page that was being asked about when the worker died
    assert len(asked) <= pages + lost  # nothing else is asked again but what had no answer in time
    assert sorted(" ".join(set(asked)).split()) == every_order
    assert (survived.processed, survived.paid, survived.batches) == (orders, 60, pages)
    assert pages <= len(asked_undisturbed) <= pages + attempts_lost(temporal)
    assert sorted(" ".join(set(asked_undisturbed)).split()) == every_order
    assert (undisturbed.processed, undisturbed.batches) == (orders, pages)
    assert max(runs_of(temporal)) <= 2_000
    assert len(runs_of(temporal)) >= pages / 10
    assert heard(temporal, numbers[:10] + numbers[50:60]) == [2] * 20  # once from each batch
    assert PaymentEvent.objects.count() == 60
    assert list(PaymentCheck.objects.values_list("processed", "batches")) == [(orders, pages)]


def finish(temporal: Client) -> CheckTotals:
    """The totals of the batch, at its end."""
    return ask(temporal.get_workflow_handle_for(BatchPaymentCheckWorkflow.run, BATCH).result())
