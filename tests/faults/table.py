"""The table that `make faults` prints at its end: a row for each fault, the rounds played, what was done and held."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

# (row of the table, rounds, what was done, what held); written only once everything has been asserted
Row = Callable[[int, int, str, str], None]
KEY = "fault"
BOOKS = "books"
FAULTS = {
    1: "worker killed (-9) before, inside and after each activity",
    2: "Temporal gone under load",
    3: "database restarted, mute, read-only, a row locked",
    4: "web killed between any two lines",
    5: "each outside call goes wrong",
    6: "double clicks, and people racing",
    7: "ship, cancel, pay, approve, deadline: in pairs",
    8: "random faults",
    9: "an order's life at random",
}


# row of the table, rounds, what was done, what held, seconds
Told = tuple[int, int, str, str, float]


def rows_of(reports: Iterable[Any]) -> list[Told]:
    """What the tests wrote down, from their reports (which reach here from other processes too)."""
    found: list[Told] = []
    for report in reports:
        rows = [value for key, value in report.user_properties if key == KEY]
        found += [(*row, report.duration / len(rows)) for row in rows]
    return found


def books_of(reports: Iterable[Any]) -> int:
    """How often the books were compared with everything they tell of, without a difference."""
    return sum(value for report in reports for key, value in report.user_properties if key == BOOKS)


def lines(rows: list[Told], failed: int, books: int) -> list[str]:
    """The table as text: one line for each row and kind of doing; rows with many of a kind are added up."""
    summed: dict[tuple[int, str, str], int] = defaultdict(int)
    took: dict[tuple[int, str, str], float] = defaultdict(float)
    kinds: dict[tuple[int, str, str], set[str]] = defaultdict(set)
    for row, rounds, done, held, seconds in rows:
        what, _colon, kind = done.partition(": ")
        summed[row, what, held] += rounds
        took[row, what, held] += seconds
        kinds[row, what, held] |= {kind} if kind else set()
    told = [
        f"{row} | {FAULTS[row]} | {rounds} | {what}{_of(kinds[row, what, held])} | {held} | {took[row, what, held]:.0f}"
        for (row, what, held), rounds in sorted(summed.items())
    ]
    missing = [
        f"{row} | {fault} | 0 | not run, or failed | – | 0" for row, fault in FAULTS.items() if not _has(rows, row)
    ]
    verdict = "everything held" if not failed and not missing else f"{failed} failed, {len(missing)} rows missing"
    checked = f"{books} times the books were compared with all they tell of (check_books): 0 differences"
    return ["# | fault | rounds | done | held | seconds", *sorted([*told, *missing]), checked, verdict]


def _of(kinds: set[str]) -> str:
    return f", {len(kinds)} kinds" if len(kinds) > 1 else f" {kind}" if (kind := "".join(kinds)) else ""


def _has(rows: list[Told], row: int) -> bool:
    return any(one[0] == row for one in rows)
