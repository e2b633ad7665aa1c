"""Removing what the shop has kept of people for long enough; the numbers of rows are all that is said of it."""

from contextlib import nullcontext

from django.db import transaction
from temporalio import activity

from orders.personal_data import retention
from orders.rules.personal_data import Kept
from temporal_app.activities.recording import moment, shop_activity
from temporal_app.messages import RetentionBatch


@activity.defn
def list_kept() -> list[str]:
    """What there is to remove, in order."""
    return [what.value for what in Kept]


@shop_activity(transactions="several")
def remove_expired(batch: RetentionBatch) -> int:
    """Remove the next batch of something, or take the names from it; returns how many rows, 0 where none is left."""
    what, now = Kept(batch.what), moment(batch.at)
    with nullcontext() if what == Kept.ERASURES else transaction.atomic():  # an erasure is a transaction of its own
        return retention.remove(what, now) if now else 0
