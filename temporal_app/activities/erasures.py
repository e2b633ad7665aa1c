"""Forgetting a customer."""

from django.utils import timezone

from orders.models import ErasureRecord
from orders.personal_data import erasure
from temporal_app.activities.recording import shop_activity


@shop_activity(transactions="one")
def erase_customer(record_id: int) -> None:
    """Remove what may go of the customer of a record, once, and write down what stays and why."""
    record = ErasureRecord.objects.select_for_update(of=("self",)).filter(pk=record_id).first()
    if record is not None and record.done_at is None:  # gone where the person was told that nobody answered
        erasure.carry_out(record, timezone.now())
