"""What tests of faults share."""

import random

import pytest
from temporalio.client import Client

from tests.faults.reporting import SEED


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Chance, the same for the same seed and test."""
    return random.Random(f"{SEED} {request.node.nodeid}")


@pytest.fixture
def no_worker_yet(transactional_db: None, temporal: Client) -> Client:
    """The `temporal` client, served by nobody so far."""
    return temporal
