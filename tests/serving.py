"""Real servers for tests: Temporal's two, and this project's workers in a thread of their own."""

import asyncio
import sysconfig
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from django.test import override_settings
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from temporal_app import connection as temporal_connection
from temporal_app.queues import QUEUES, Served
from temporal_app.worker import build_workers, threads_of_its_own

BIN = Path(sysconfig.get_path("scripts"))
# One partition of a queue instead of four, for one worker: half of the processor's time for a namespace.
ONE_PARTITION = [
    argument
    for way in ("Read", "Write")
    for argument in ("--dynamic-config-value", f"matching.numTaskqueue{way}Partitions=1")
]
# What takes three seconds at most on an idle machine; without limits of ours it takes ten or more on any.
NOT_FOR_EVER = 8.0
# The SDK takes two seconds without a yield for a deadlock, and has no setting for it: on a busy machine it would break
# into whatever runs in the workflow's thread.
DEADLOCK = 60


@contextmanager
def temporal_away(back_to: Client | None = None) -> Iterator[None]:
    """Nobody listens where Temporal should; afterwards there is `back_to`, where it is given."""
    with pytest.MonkeyPatch.context() as meanwhile:
        meanwhile.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
        temporal_connection.reset()
        yield
    temporal_connection.reset()
    if back_to is not None:
        temporal_connection.use(back_to)


async def start_dev_server() -> WorkflowEnvironment:
    """Temporal's development server in memory, as it runs in life but for its size. Starts in 0.2 s."""
    while True:
        environment = await WorkflowEnvironment.start_local(
            dev_server_existing_path=str(BIN / "temporal"),
            dev_server_log_level="error",
            dev_server_extra_args=ONE_PARTITION,
            data_converter=temporal_connection.data_converter(),
        )
        try:
            namespace = DescribeNamespaceRequest(namespace="default")
            await environment.client.workflow_service.describe_namespace(namespace)
            return environment
        except RPCError:  # somebody else took the free port that was found for it
            await environment.shutdown()


class DevServer:
    """Temporal's development server, begun anew after so many namespaces: workflows that tests leave open would cost
    5 GB and as much of the processor as the tests themselves after two hundred of them."""

    NAMESPACES = 30

    def __init__(self) -> None:
        self._environment: WorkflowEnvironment | None = None
        self._given = 0

    def new_namespace(self) -> Client:
        """A client in a namespace of its own; those given before may be gone."""
        if self._environment is None or self._given == self.NAMESPACES:
            self.stop()
            self._environment, self._given = asyncio.run(start_dev_server()), 0
        self._given += 1
        return asyncio.run(new_namespace(self._environment.client))

    def stop(self) -> None:
        """End the server, if there is one."""
        if self._environment is not None:
            asyncio.run(self._environment.shutdown())
            self._environment = None


async def new_namespace(client: Client) -> Client:
    """The same server, with nothing in it: a namespace takes a hundredth of a second, a server of its own twenty."""
    address, namespace = client.service_client.config.target_host, f"test-{uuid4()}"
    request = RegisterNamespaceRequest(namespace=namespace)
    request.workflow_execution_retention_period.FromTimedelta(timedelta(days=1))
    await client.workflow_service.register_namespace(request)
    return await Client.connect(address, namespace=namespace, data_converter=temporal_connection.data_converter())


def environment_of(client: Client) -> dict[str, str]:
    """The settings with which another process talks to the same namespace."""
    return {"TEMPORAL_ADDRESS": client.service_client.config.target_host, "TEMPORAL_NAMESPACE": client.namespace}


async def start_time_skipping_server() -> WorkflowEnvironment:
    """Temporal's test server, whose clock jumps while somebody waits for a result. It has no schedules or lists."""
    return await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(BIN / "temporal-test-server"), data_converter=temporal_connection.data_converter()
    )


def no_patience() -> override_settings:
    """Around a call whose answer will not come: wait for it half a second, and not thirty as in other tests."""
    return override_settings(ANSWERED_WITHIN_SECONDS=0.5, SHOWN_WITHIN_SECONDS=0.5)


def drop_all_connections_but_ours() -> None:
    """What a restart of the database does to those connected; SQLite has no server to restart."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@contextmanager
def workers_on(
    client: Client, queues: Mapping[str, Served] = QUEUES, threads: ThreadPoolExecutor | None = None
) -> Iterator[Client]:
    """Our workers for these queues, on an event loop in a thread of their own, so that any test may block.

    :param threads: run the activities of all queues, in place of threads of their own; shut down at the end
    """
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()
        with ExitStack() as pools:
            if threads is not None:
                pools.enter_context(threads)

            def threads_for(queue: str, count: int) -> ThreadPoolExecutor:
                return threads or pools.enter_context(threads_of_its_own(queue, count))

            async with AsyncExitStack() as running:
                for worker in build_workers(client, queues, drain=timedelta(seconds=2), threads=threads_for):
                    if worker._workflow_worker is not None:
                        worker._workflow_worker._deadlock_timeout_seconds = DEADLOCK
                    await running.enter_async_context(worker)
                started.set_result((asyncio.get_running_loop(), stop))
                await stop.wait()

    def thread() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            if started.done():
                raise  # pytest turns an exception in a thread into a failure
            started.set_exception(error)

    background = threading.Thread(target=thread, name="workers")
    background.start()
    try:
        loop, stop = started.result(timeout=60)
        try:
            yield client
        finally:  # also where the test fails, or its workers would keep the whole run from ending
            loop.call_soon_threadsafe(stop.set)
    finally:
        background.join(timeout=60)
