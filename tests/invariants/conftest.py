"""What tests of invariants share with those of activities."""

import pytest

from temporal_app.activities import outbox


@pytest.fixture
def silent_notifier(db: None) -> None:
    """Activities are called as plain functions, and whoever writes mail wakes nobody."""
    outbox.notifier = outbox.OutboxNotifier(lambda: None)
