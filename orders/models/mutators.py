"""How rows are written: moved from state to state, changed, or written once; each twice is once."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from django.db import models

from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.transitions import State, Transitions, sources


def move(
    row: models.Model,
    target: State,
    transitions: Transitions[State],
    columns: Mapping[str, object] = MappingProxyType({}),
    *,
    column: str = "state",
) -> bool:
    """Move `row` on to the state `target` by compare-and-set.

    :param columns: what else is set with it, by name
    :param column: where the state stands
    :returns: False where it is there already; then nothing is changed
    :raises RuleBroken: `target` may not follow the state that the row is in
    """
    values = {column: target, **columns}
    may_move = {"pk": row.pk, f"{column}__in": sources(transitions, target)}
    if type(row)._default_manager.filter(**may_move).update(**values):
        for name, value in values.items():
            setattr(row, name, value)
        return True
    row.refresh_from_db(fields=list(values))
    state = getattr(row, column)
    if state != target:
        what = getattr(row, "number", "") or f"{row._meta.model_name} {row.pk}"  # not its words: they may be personal
        raise RuleBroken(Refusal.ILLEGAL_TRANSITION, what=what, status=state, target=target)
    return False


def change(row: models.Model, **columns: object) -> None:
    """Set columns by name, all at once. States have `move`."""
    for name, value in columns.items():
        setattr(row, name, value)
    row.save()


def write_once(row: models.Model, *, key: Sequence[str]) -> None:
    """Insert `row` unless one with the same `key` is there, in one statement; `get_or_create` takes four.

    :param key: the columns of a unique constraint
    """
    # A conflict "changes" a column to what it is: told to ignore conflicts, SQLite would ignore bad rows as well.
    rows = type(row)._default_manager
    rows.bulk_create([row], update_conflicts=True, unique_fields=key, update_fields=key[-1:])
