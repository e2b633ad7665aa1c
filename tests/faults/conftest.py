"""What tests of faults share."""

import pytest
from temporalio.client import Client


@pytest.fixture
def no_worker_yet(transactional_db: None, temporal: Client) -> Client:
    """The `temporal` client, served by nobody so far."""
    return temporal
