"""Rows that are written once, however often the activity that writes them runs."""

from collections.abc import Sequence

from django.db import models


def write_once(row: models.Model, *, key: Sequence[str]) -> None:
    """Insert `row` unless one with the same `key` is there, in one statement; `get_or_create` takes four.

    :param key: the columns of a unique constraint
    """
    # A conflict "changes" a column to what it is: told to ignore conflicts, SQLite would ignore bad rows as well.
    rows = type(row)._default_manager
    rows.bulk_create([row], update_conflicts=True, unique_fields=key, update_fields=key[-1:])
