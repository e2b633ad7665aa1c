"""The table that `make faults` prints at its end: a row for each fault, the rounds played, what was done and held."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

# (row of the table, rounds, what was done, what held); written only once everything has been asserted
Row = Callable[[int, int, str, str], None]
KEY = "fault"
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


def rows_of(reports: Iterable[Any]) -> list[tuple[int, int, str, str]]:
    """What the tests wrote down, from their reports (which reach here from other processes too)."""
    return [tuple(value) for report in reports for key, value in report.user_properties if key == KEY]


def lines(rows: list[tuple[int, int, str, str]], failed: int) -> list[str]:
    """The table as text: one line for each row and kind of doing; rows with many of a kind are added up."""
    summed: dict[tuple[int, str, str], int] = defaultdict(int)
    kinds: dict[tuple[int, str, str], set[str]] = defaultdict(set)
    for row, rounds, done, held in rows:
        what, _colon, kind = done.partition(": ")
        summed[row, what, held] += rounds
        kinds[row, what, held] |= {kind} if kind else set()
    told = [
        f"{row} | {FAULTS[row]} | {rounds} | {what}{_of(kinds[row, what, held])} | {held}"
        for (row, what, held), rounds in sorted(summed.items())
    ]
    missing = [f"{row} | {fault} | 0 | not run, or failed | –" for row, fault in FAULTS.items() if not _has(rows, row)]
    verdict = "everything held" if not failed and not missing else f"{failed} failed, {len(missing)} rows missing"
    return ["# | fault | rounds | done | held", *sorted([*told, *missing]), verdict]


def _of(kinds: set[str]) -> str:
    return f", {len(kinds)} kinds" if len(kinds) > 1 else f" {kind}" if (kind := "".join(kinds)) else ""


def _has(rows: list[tuple[int, int, str, str]], row: int) -> bool:
    return any(one[0] == row for one in rows)
