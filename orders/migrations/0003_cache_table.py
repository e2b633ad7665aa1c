"""The table of the cache that all web processes share; Django has a command for it, and no migration."""

from django.core.management import call_command
from django.db import migrations


def create(apps, schema_editor):
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_approval_policies")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
