"""The worker process: what it serves, how it stops, and how it gets over a database that went away."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import override_settings
from django_temporalio.worker import WorkerRunner
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

from temporal_app.queues import QUEUES, Served
from temporal_app.worker import slots_of
from tests.factories.orders import eventually
from tests.serving import drop_all_connections_but_ours, environment_of, workers_on
from tests.temporal_app.slow_worker import SlowWorkflow


@activity.defn
def make_group(name: str) -> int:
    return Group.objects.create(name=name).pk


@workflow.defn(sandboxed=False)
class GroupWorkflow:
    @workflow.run
    async def run(self, name: str) -> int:
        return await workflow.execute_local_activity(make_group, name, start_to_close_timeout=timedelta(seconds=10))


@pytest.fixture
def groups(transactional_db: None, temporal: Client) -> Iterator[Client]:
    """A Temporal on which nothing is served but `GroupWorkflow`."""
    with workers_on(temporal, {"orders": Served([GroupWorkflow], [make_group])}):
        yield temporal


StartWorker = Callable[..., subprocess.Popen]


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[StartWorker]:
    """Starts a worker process of ours with this in its environment."""
    started: list[subprocess.Popen] = []

    def start(command: list[str], **environment: str) -> subprocess.Popen:
        env = {**os.environ, "DJANGO_DEBUG": "true", "DATA_DIR": str(tmp_path), "PYTHONUNBUFFERED": "1", **environment}
        process = subprocess.Popen(
            [sys.executable, *command], cwd=settings.BASE_DIR, env=env, stdout=-1, stderr=subprocess.STDOUT, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def wait_for(path: Path, text: str) -> None:
    eventually(lambda: path.exists() and path.read_text() == text, within=120)


@pytest.mark.sqlite
def test_activities_get_fresh_connections_after_the_database_dropped_them_all(groups: Client) -> None:
    asyncio.run(groups.execute_workflow(GroupWorkflow.run, "before", id="before", task_queue="orders"))

    drop_all_connections_but_ours()
    asyncio.run(groups.execute_workflow(GroupWorkflow.run, "after", id="after", task_queue="orders"))

    assert Group.objects.filter(name__in=["before", "after"]).count() == 2


async def test_the_first_signal_lets_an_activity_finish(
    temporal: Client, start_worker: StartWorker, tmp_path: Path
) -> None:
    file = tmp_path / "activity"
    process = start_worker(["-m", "tests.temporal_app.slow_worker"], **environment_of(temporal))
    handle = await temporal.start_workflow(SlowWorkflow.run, str(file), id="slow", task_queue="orders")
    wait_for(file, "begun")

    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=120)

    assert process.returncode == 0
    assert file.read_text() == "done"
    assert "worker serves orders (1 activities; SlowWorkflow)" in output
    assert "worker stopped" in output
    await handle.terminate()


async def test_the_second_signal_stops_at_once(temporal: Client, start_worker: StartWorker, tmp_path: Path) -> None:
    file = tmp_path / "activity"
    process = start_worker(["-m", "tests.temporal_app.slow_worker"], **environment_of(temporal))
    await temporal.start_workflow(SlowWorkflow.run, str(file), id="slow", task_queue="orders")
    wait_for(file, "begun")

    process.send_signal(signal.SIGTERM)
    await asyncio.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)

    assert process.returncode == -signal.SIGTERM
    assert file.read_text() == "begun"


def test_a_worker_without_temporal_waits_and_says_so(start_worker: StartWorker) -> None:
    process = start_worker(["manage.py", "run_worker"], TEMPORAL_ADDRESS="127.0.0.1:1")

    assert process.stdout
    line = process.stdout.readline()

    assert "Temporal at 127.0.0.1:1 does not answer; trying again in 1 s" in line
    assert process.poll() is None


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ([], list(QUEUES)),
        (["shopping"], ["shopping"]),
        (["payment-checks", "orders"], ["payment-checks", "orders"]),
    ],
)
def test_a_worker_serves_the_queues_it_was_asked_to_and_no_others(
    temporal: Client, monkeypatch: pytest.MonkeyPatch, asked: list[str], served: list[str]
) -> None:
    queues = []

    async def take_note(runner: WorkerRunner, workers: list[Worker]) -> None:
        queues.extend(worker.task_queue for worker in workers)

    monkeypatch.setattr(WorkerRunner, "run", take_note)
    for name, value in environment_of(temporal).items():
        monkeypatch.setenv(name, value)

    call_command("run_worker", *[f"--queue={name}" for name in asked])

    assert queues == served


def test_an_unknown_queue_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        CommandError, match=r"unknown queue parcels; there are orders, calls-sandbox, .*, shopping, payment-checks"
    ):
        call_command("run_worker", queue=["parcels"])


@pytest.mark.parametrize("threads", [4, 5, 16, 200])
def test_there_is_a_connection_for_every_thread_of_a_worker(threads: int) -> None:
    with override_settings(WORKER_THREADS=threads, PROVIDER_CALLS=50):
        most = sum(slots_of(queue).threads for queue in QUEUES)

    assert most < 9 * threads // 4 + 6 * 50 + 8
