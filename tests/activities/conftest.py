"""What tests of activities share: they are called as plain functions, and whoever writes mail wakes nobody."""

import pytest

from temporal_app.activities import outbox


@pytest.fixture(autouse=True)
def silent_notifier(db: None) -> None:
    """Nobody is woken."""
    outbox.notifier = outbox.OutboxNotifier(lambda: None)
