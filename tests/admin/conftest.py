"""What tests of the admin share: staff of the usual roles, signed in, and orders that wait for them."""

import pytest
from django.contrib.auth.models import User

from tests.factories import everything
from tests.factories.people import make_user


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
def one_of_everything(mia: User, dora: User, root: User) -> dict[str, int | str]:
    """A row in every table that the admin shows, by the model's name: its key."""
    return everything.make(mia, dora, root)
