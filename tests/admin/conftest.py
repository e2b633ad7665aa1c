"""What tests of the admin share: staff of the usual roles, signed in, and orders that wait for them."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User

from orders.models.roles import set_up_roles
from temporal_app import connection
from tests.admin.making import make_user
from tests.workflows.making import make_policies


@pytest.fixture(autouse=True)
def roles(db: None) -> None:
    """The groups with their permissions, also where a test emptied the database before."""
    set_up_roles()


@pytest.fixture
def policies(roles: None) -> None:
    """The approval policies that migrations bring, also where a test emptied the database before."""
    make_policies()


@pytest.fixture
def mia(db: None) -> User:
    """A manager."""
    return make_user("mia", "manager", first_name="Mia", last_name="Keller")


@pytest.fixture
def dora(db: None) -> User:
    """A director."""
    return make_user("dora", "director", first_name="Dora", last_name="Lindqvist")


@pytest.fixture
def wanda(db: None) -> User:
    """Somebody in the warehouse."""
    return make_user("wanda", "warehouse")


@pytest.fixture
def fritz(db: None) -> User:
    """Somebody in finance."""
    return make_user("fritz", "finance")


@pytest.fixture
def sina(db: None) -> User:
    """Somebody in support."""
    return make_user("sina", "support")


@pytest.fixture
def root(db: None) -> User:
    """A superuser without any role."""
    return make_user("root", is_superuser=True)


@pytest.fixture
def temporal_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody listens where Temporal should."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    connection.reset()
    yield
    connection.reset()


