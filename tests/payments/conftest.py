"""Every provider, one after the other."""

from collections.abc import Iterator

import pytest

from tests.payments.contract import Provider
from tests.payments.providers import Sandbox


@pytest.fixture(params=["sandbox"])
def provider(request: pytest.FixtureRequest, db: None) -> Iterator[Provider]:
    """A provider of its own for this test, with empty books."""
    yield Sandbox()
