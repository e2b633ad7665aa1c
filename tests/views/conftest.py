"""What tests of the customers' pages share."""

from collections.abc import Iterator

import pytest
from django.contrib.auth import get_user_model
from temporalio.client import Client

from tests import live


@pytest.fixture
def site(worker: Client) -> Iterator[str]:
    """The address of the shop, served over HTTP, with its workers running."""
    with live.serve() as address:
        yield address


@pytest.fixture
def alice(db: None):
    """A customer with an account."""
    return get_user_model().objects.create_user("alice", email="alice@example.org", first_name="Alice")


@pytest.fixture
def bob(db: None):
    """Another customer with an account."""
    return get_user_model().objects.create_user("bob", email="bob@example.org", first_name="Bob")
