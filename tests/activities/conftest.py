"""What tests of activities share: they are called as plain functions, and whoever writes mail rings for nobody."""

import pytest

from temporal_app.activities import outbox


@pytest.fixture(autouse=True)
def silent_bell(db: None) -> None:
    """A bell that nobody hears."""
    outbox.install_notifier(lambda: None)
