"""The process that serves the queues; what runs on which is in `temporal_app/queues.py`."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django_temporalio.interceptors.isolation import ActivityIsolationInterceptor
from django_temporalio.worker import WorkerRunner
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from temporal_app import names
from temporal_app.connection import NotConnected, address, connect
from temporal_app.queues import QUEUES, Served
from temporal_app.versioning import as_version, deployment, runner_class

log = logging.getLogger(__name__)


# Imported once for the process instead of once for every workflow run, which took a third of the worker's time. The
# sandbox then no longer sees what these modules call; tests/test_determinism.py does, before they run.
PASSED_THROUGH = ("orders", "temporal_app")
DRAIN = timedelta(seconds=20)
LONGEST_PAUSE = 15


@dataclass(frozen=True)
class Slots:
    """How many activities of one queue run at once in a process, each with a thread: none waits for a thread while its
    time runs."""

    ordinary: int
    local: int = 0

    @property
    def threads(self) -> int:
        """A thread for each slot."""
        return self.ordinary + self.local


def slots_of(queue: str) -> Slots:
    """The slots of one queue: whoever is called has `PROVIDER_CALLS`, the shop's own queues share `WORKER_THREADS`."""
    half, quarter = max(1, settings.WORKER_THREADS // 2), max(1, settings.WORKER_THREADS // 4)
    own = {
        names.SHOPPING_QUEUE: Slots(quarter, quarter),
        names.PAYMENT_CHECKS_QUEUE: Slots(half, quarter),
        names.MAIL_QUEUE: Slots(1),
    }
    if queue.startswith(names.calls_queue("")):
        return Slots(settings.PROVIDER_CALLS)
    return own.get(queue, Slots(half, half))


Threads = Callable[[str, int], ThreadPoolExecutor]


def threads_of_its_own(queue: str, count: int) -> ThreadPoolExecutor:
    """So many threads for the activities of one queue."""
    return ThreadPoolExecutor(count, thread_name_prefix=f"activity-{queue}")


def build_workers(
    client: Client,
    queues: Mapping[str, Served] = QUEUES,
    *,
    drain: timedelta = DRAIN,
    threads: Threads = threads_of_its_own,
) -> list[Worker]:
    """
    A worker for each queue that serves anything, with `threads` for its activities, which end with the process.

    A worker that is shut down gives its activities `drain` to finish before it cancels them.

    Every activity gets database connections as fresh as a request's, so that a restarted database is no trouble.
    """
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    runner = SandboxedWorkflowRunner(restrictions=restrictions, runner_class=runner_class())
    return [
        Worker(
            client,
            task_queue=queue,
            workflows=served.workflows,
            activities=served.activities,
            activity_executor=threads(queue, slots_of(queue).threads),
            workflow_runner=runner,
            interceptors=[ActivityIsolationInterceptor()],
            max_concurrent_activities=slots_of(queue).ordinary,
            max_concurrent_local_activities=max(1, slots_of(queue).local),
            graceful_shutdown_timeout=drain,
            deployment_config=deployment(),
        )
        for queue, served in queues.items()
        if served.workflows or served.activities
    ]


async def serve(stdout: Any, *queues: str) -> None:
    """
    Serve these queues, or all, until this process is told to stop: the first SIGINT or SIGTERM lets activities finish,
    the second does not wait, and one worker that crashes stops the others.

    Waits for Temporal if it is not there yet, and says so. `stdout` is told when the process is stopping.
    """
    chosen = {queue: QUEUES[queue] for queue in queues or QUEUES}
    client = await connect_with_retries()
    if not (settings.DEBUG or settings.MAIL_IS_CONFIGURED):
        log.warning("EMAIL_URL is not set; mail goes to localhost:25")
    workers = build_workers(client, chosen)
    if not workers:
        raise ValueError(f"nothing is served on {', '.join(chosen)}")
    if settings.TEMPORAL_PAYLOAD_KEYS:
        log.info("payloads are encrypted with the first of these keys: %s", ", ".join(settings.TEMPORAL_PAYLOAD_KEYS))
    log.info("worker serves %s%s", describe(chosen), as_version())
    await WorkerRunner(stdout).run(workers)
    log.info("worker stopped")


async def connect_with_retries() -> Client:
    """A client of this worker's own; it waits for a server that is away for a while."""
    pause = 1
    while True:
        try:
            return await connect()
        except NotConnected:
            log.warning("Temporal at %s does not answer; trying again in %s s", address(), pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


def describe(queues: Mapping[str, Served]) -> str:
    """What these queues serve, for the log: `orders (12 activities; OrderSagaWorkflow, …), …`."""
    return ", ".join(
        f"{queue} ({len(served.activities)} activities; {', '.join(one.__name__ for one in served.workflows)})"
        for queue, served in queues.items()
        if served.workflows or served.activities
    )
