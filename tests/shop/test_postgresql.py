"""PostgreSQL behind a pool of connections."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth.models import Group
from django.db import connection, connections

from tests.serving import drop_all_connections_but_ours

MANY = 20


@pytest.fixture
def pool(transactional_db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server that could restart")


def test_a_pool_full_of_dropped_connections_serves_the_next_who_asks(pool: None) -> None:
    all_connected = Barrier(MANY)

    def ask() -> int:
        try:
            return Group.objects.count()
        finally:
            all_connected.wait(60)
            connections.close_all()

    with ThreadPoolExecutor(MANY) as threads:
        asked = [threads.submit(ask) for _ in range(MANY)]
        before = {each.result() for each in asked}
    all_connected = Barrier(1)
    drop_all_connections_but_ours()
    with ThreadPoolExecutor(1) as one_thread:
        after = one_thread.submit(ask).result()

    assert {after} == before
