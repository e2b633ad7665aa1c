"""What workflow tests share."""

import pytest
from temporalio.client import Client

from temporal_app.activities import outbox


@pytest.fixture
def no_worker_yet(transactional_db: None, temporal: Client) -> Client:
    """The `temporal` client, served by nobody so far; who writes mail in this thread rings for nobody."""
    outbox.install_notifier(lambda: None)
    return temporal
