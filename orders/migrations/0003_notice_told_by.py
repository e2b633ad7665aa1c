from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_approval_policies")]

    operations = [
        migrations.AddField(
            model_name="paymentnotice",
            name="told_by",
            field=models.CharField(default="system", max_length=60, verbose_name="told by"),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="paymentnotice",
            constraint=models.CheckConstraint(condition=models.Q(("told_by", ""), _negated=True), name="notice_told_by_someone"),
        ),
    ]
