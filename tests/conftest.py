"""
What every test may ask for.

`temporal`, `time_skipping`: a Temporal server of the test's own, as a client and as an environment; the doors and
views talk to it. `worker`, `skipping_worker`: the same with this project's workers running on it, and the database
open to their threads. All start in well under a second, so no test shares one with another.
"""

import asyncio
from collections.abc import Iterator

import pytest
from asgiref.sync import SyncToAsync
from django.conf import settings
from django.core.management.color import Style
from django.db import connections
from django.db.backends.postgresql.operations import DatabaseOperations
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from temporal_app import connection
from tests import serving


def pytest_configure() -> None:
    """After each test that commits, its tables are emptied: by DELETE, a tenth of what Django's TRUNCATE takes."""
    DatabaseOperations.sql_flush = sql_flush


def sql_flush(self: DatabaseOperations, style: Style, tables: list[str], **options: bool) -> list[str]:
    """PostgreSQL's way to empty these small tables at once, whatever refers to what."""
    deletes = (f"DELETE FROM {self.quote_name(table)}" for table in tables)
    return ["; ".join(["SET LOCAL session_replication_role = replica", *deletes])]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    if settings.TEST_DATABASE != "postgres":
        yield
        return
    server = serving.start_postgres()
    settings.DATABASES["default"]["HOST"] = str(server.get_postmaster_info().socket_dir)
    yield
    server.cleanup()


@pytest.fixture(autouse=True)
def close_async_connections() -> Iterator[None]:
    """An async test's queries run in one thread of asgiref's, which nobody else tells to close its connection."""
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture
def temporal() -> Iterator[Client]:
    """A client of a Temporal development server that this test has to itself."""
    environment = asyncio.run(serving.start_dev_server())
    connection.use(environment.client)
    yield environment.client
    connection.reset()
    asyncio.run(environment.shutdown())


@pytest.fixture
def time_skipping() -> Iterator[WorkflowEnvironment]:
    """A Temporal whose clock jumps. After an update-with-start it needs `await time_skipping.sleep(...)` to do so."""
    environment = asyncio.run(serving.start_time_skipping_server())
    connection.use(environment.client)
    yield environment
    connection.reset()
    asyncio.run(environment.shutdown())


@pytest.fixture
def worker(transactional_db: None, temporal: Client) -> Iterator[Client]:
    """The `temporal` client, with all queues served."""
    with serving.workers_on(temporal):
        yield temporal


@pytest.fixture
def skipping_worker(transactional_db: None, time_skipping: WorkflowEnvironment) -> Iterator[WorkflowEnvironment]:
    """The `time_skipping` environment, with all queues served."""
    with serving.workers_on(time_skipping.client):
        yield time_skipping
