"""The shop starts with the tiers of its design: staff edit them afterwards."""

from decimal import Decimal

from django.conf import settings
from django.db import migrations

DAY = 24 * 60 * 60
# A migration keeps what held when it was written, so it imports no live code.
TIERS = [
    ("order", Decimal("250.00"), ["manager"]),
    ("order", Decimal("1000.00"), ["manager", "director"]),
    ("order", Decimal("10000.00"), ["manager", "director", "vp"]),
    ("expense", Decimal("0.00"), ["manager"]),
]


def seed(apps, schema_editor):
    policy = apps.get_model("orders", "ApprovalPolicy")
    for kind, from_amount, roles in TIERS:
        policy.objects.get_or_create(
            kind=kind,
            from_amount=from_amount,
            defaults={
                "roles": roles,
                "deadline_seconds": settings.APPROVAL_DEADLINE,
                "remind_before_seconds": min(DAY, settings.APPROVAL_DEADLINE // 2),
            },
        )


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
