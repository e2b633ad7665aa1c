"""The shop starts with the tiers of its design: staff edit them afterwards."""

from django.conf import settings
from django.db import migrations

from orders.rules.approvals import DAY, EXPENSE_TIERS, ORDER_TIERS


def seed(apps, schema_editor):
    policy = apps.get_model("orders", "ApprovalPolicy")
    for kind, tiers in (("order", ORDER_TIERS), ("expense", EXPENSE_TIERS)):
        for tier in tiers:
            policy.objects.get_or_create(
                kind=kind,
                from_amount=tier.from_amount,
                defaults={
                    "roles": [str(role) for role in tier.roles],
                    "deadline_seconds": settings.APPROVAL_DEADLINE,
                    "remind_before_seconds": min(DAY, settings.APPROVAL_DEADLINE // 2),
                },
            )


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
