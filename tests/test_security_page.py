"""`docs/security.md` leaves no requirement out, and every test that it names is there."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parent
PAGE = (TESTS.parent / "docs/security.md").read_text()
ID = re.compile(r"(\d+\.\d+)\.(\d+)(?: to \d+\.\d+\.(\d+))?")
NAMED = re.compile(r"`([\w/]+\.py)(?:::(\w+))?`")
# How many requirements of levels 1 and 2 each section of ASVS 5.0.0 has, numbered from 1; but for chapters 10 and 17
SECTIONS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4,
    "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5,
    "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "11.1": 2, "11.2": 3, "11.3": 3,
    "11.4": 4, "11.5": 1, "11.6": 1, "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5,
    "14.1": 2, "14.2": 4, "14.3": 3, "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3,
    "16.5": 3,
}  # fmt: skip


def test_no_requirement_is_left_out_and_none_is_answered_twice() -> None:
    rows = [line.split("|")[1] for line in PAGE.splitlines() if re.match(r"\| \d", line)]
    excused = re.findall(r"^Not applicable: .*(?:\n.+)*", PAGE, re.MULTILINE)
    said = [
        f"{section}.{number}"
        for text in (*rows, *excused)
        for section, first, last in ID.findall(text)
        for number in range(int(first), int(last or first) + 1)
    ]

    assert sorted(said) == sorted(f"{section}.{n}" for section, last in SECTIONS.items() for n in range(1, last + 1))


def test_every_row_says_where_it_is_met_and_by_which_test_if_any() -> None:
    rows = [line for line in PAGE.splitlines() if re.match(r"\| \d", line)]

    assert [row for row in rows if row.count(" | ") != 2 or "|  |" in row] == []


def test_every_test_that_is_named_is_there() -> None:
    root = TESTS.parent
    lost = [
        f"{file}::{name}"
        for file, name in NAMED.findall(PAGE)
        if not any(_holds(place / file, name) for place in (TESTS, root))
    ]

    assert not lost


def _holds(file: Path, name: str) -> bool:
    if not name or not file.exists():
        return file.exists()
    return re.search(rf"^(?:async )?def {name}\(", file.read_text(), re.MULTILINE) is not None
