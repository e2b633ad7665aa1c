"""The database as the migrations left it: kept aside once, put back after each test that commits.

Django would empty every table and then make roles, permissions and content types anew, twenty times as slowly, and
would leave out what migrations wrote.
"""

from django.core.management.color import Style
from django.core.management.commands import flush
from django.db import connection


def keep() -> None:
    """Copy the tables that hold something, and make Django's `flush` put these copies back."""
    kept = []
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
            cursor.execute(f"SELECT EXISTS (SELECT * FROM {table})")
            if cursor.fetchone()[0]:
                cursor.execute(f"CREATE TABLE untouched_{table} AS SELECT * FROM {table}")
                kept.append(table)

    def put_back(style: Style, tables: list[str], **options: bool) -> list[str]:
        deletes = [f"DELETE FROM {table}" for table in tables]
        inserts = [f"INSERT INTO {table} SELECT * FROM untouched_{table}" for table in kept]
        if connection.vendor == "postgresql":  # which checks foreign keys at each statement if nobody tells it not to
            return ["; ".join(["SET LOCAL session_replication_role = replica", *deletes, *inserts])]
        return [*deletes, *inserts]

    setattr(type(connection.ops), "sql_flush", staticmethod(put_back))  # noqa: B010 - a patch, which types do not allow
    flush.emit_post_migrate_signal = lambda *arguments, **options: None
