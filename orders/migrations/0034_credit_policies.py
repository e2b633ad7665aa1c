"""Store credit that staff give, take or keep of a payment starts with these tiers. Staff edit them afterwards."""

from decimal import Decimal

from django.conf import settings
from django.db import migrations

DAY = 24 * 60 * 60
# A migration keeps what held when it was written, so it imports no live code.
TIERS = [(Decimal("100.00"), ["manager"]), (Decimal("1000.00"), ["manager", "director"])]


def seed(apps, schema_editor):
    policy = apps.get_model("orders", "ApprovalPolicy")
    for from_amount, roles in TIERS:
        policy.objects.get_or_create(
            kind="credit",
            from_amount=from_amount,
            defaults={
                "roles": roles,
                "deadline_seconds": settings.APPROVAL_DEADLINE,
                "remind_before_seconds": min(DAY, settings.APPROVAL_DEADLINE // 2),
            },
        )


class Migration(migrations.Migration):
    dependencies = [("orders", "0033_credit_adjustments")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
