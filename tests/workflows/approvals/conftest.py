"""Tests of approvals start many short workflows: those of one file share a Temporal server and its workers."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Condition
from typing import Any

import pytest
from django.conf import settings
from temporalio.client import Client

from temporal_app import connection
from tests import serving


class Desks(ThreadPoolExecutor):
    """Threads of a worker that can be stopped between two activities: nobody writes while a database is emptied."""

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self.changed, self.closed, self.busy = Condition(), False, 0

    def submit(self, act: Callable, /, *args: Any, **parameters: Any) -> Future:
        return super().submit(self._act, act, *args, **parameters)

    def _act(self, act: Callable, *args: Any, **parameters: Any) -> Any:
        with self.changed:
            self.changed.wait_for(lambda: not self.closed)
            self.busy += 1
        try:
            return act(*args, **parameters)
        finally:
            with self.changed:
                self.busy -= 1
                self.changed.notify_all()

    def close(self) -> None:
        with self.changed:
            self.closed = True
            assert self.changed.wait_for(lambda: not self.busy, timeout=60)

    def open(self) -> None:
        with self.changed:
            self.closed = False
            self.changed.notify_all()


@pytest.fixture(scope="module")
def desks() -> Desks:
    return Desks(settings.WORKER_THREADS)


@pytest.fixture(scope="module")
def served(django_db_setup: None, desks: Desks) -> Iterator[Client]:
    server = serving.DevServer()  # one that lasts as long as these workers
    with serving.workers_on(server.new_namespace(), threads=desks) as client:
        yield client
        desks.open()
    server.stop()


@pytest.fixture
def worker(transactional_db: None, served: Client, desks: Desks) -> Iterator[Client]:
    """A Temporal with all queues served, and the database open to their threads."""
    connection.use(served)
    desks.open()
    yield served
    desks.close()
    connection.reset()
