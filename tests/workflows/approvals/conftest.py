"""Tests of approvals start many short workflows: those of one file share a Temporal server and its workers."""

import asyncio
from collections.abc import Iterator

import pytest
from temporalio.client import Client

from temporal_app import connection
from tests import serving


@pytest.fixture(scope="module")
def served(django_db_setup: None) -> Iterator[Client]:
    environment = asyncio.run(serving.start_dev_server())
    with serving.workers_on(environment.client) as client:
        yield client
    asyncio.run(environment.shutdown())


@pytest.fixture
def worker(transactional_db: None, served: Client) -> Iterator[Client]:
    """A Temporal with all queues served, and the database open to their threads."""
    connection.use(served)
    yield served
    connection.reset()
