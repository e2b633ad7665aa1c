"""Telling one update from another."""

from hashlib import sha256

from temporalio import workflow


def update_key() -> str:
    """What tells the update that is being handled from every other: a retried one has one effect."""
    update = workflow.current_update_info()
    assert update is not None
    return sha256(update.id.encode()).hexdigest()  # others choose ids of any length
