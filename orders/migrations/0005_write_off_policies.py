"""What is written off starts with these tiers: another person than who asks always decides. Staff edit them afterwards."""

from decimal import Decimal

from django.conf import settings
from django.db import migrations

DAY = 24 * 60 * 60
# A migration keeps what held when it was written, so it imports no live code.
TIERS = [(Decimal("0.00"), ["manager"]), (Decimal("1000.00"), ["manager", "director"])]


def seed(apps, schema_editor):
    policy = apps.get_model("orders", "ApprovalPolicy")
    for from_amount, roles in TIERS:
        policy.objects.get_or_create(
            kind="write_off",
            from_amount=from_amount,
            defaults={
                "roles": roles,
                "deadline_seconds": settings.APPROVAL_DEADLINE,
                "remind_before_seconds": min(DAY, settings.APPROVAL_DEADLINE // 2),
            },
        )


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_failed_reversals")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
