import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_notification_due_at")]

    operations = [
        migrations.CreateModel(
            name="StripeCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=160, unique=True)),
                ("reference", models.CharField(blank=True, db_index=True, max_length=120)),
                ("answer", models.CharField(blank=True, max_length=120)),
                ("first_tried_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("answered_at", models.DateTimeField(null=True)),
            ],
        ),
    ]
