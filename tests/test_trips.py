"""The trips that `docs/architecture.md` describes can be followed from name to name, and are as short as it says."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TRIP = re.compile(r"^### (?P<title>.+?) \(at most (?P<most>\d+) files\)$\n(?P<stations>.*?)(?=^#|\Z)", re.M | re.S)
STATION = re.compile(r"`(?P<file>[\w/]+\.py): (?P<name>[\w.]+)`")


@dataclass(frozen=True)
class Station:
    """A name on a trip, and the file that defines it."""

    file: str
    name: str

    def __str__(self) -> str:
        return f"{self.file}: {self.name}"

    @property
    def module(self) -> str:
        return self.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def source(self) -> str:
        """What stands under this name; empty where the file does not define it."""
        return definitions(self.file).get(self.name, "")

    def leads_to(self, other: "Station") -> bool:
        """Whether what stands here mentions the other name, and an import says where that is."""
        mentioned = re.search(rf"\b{other.name}\b", self.source) is not None
        near = self.file == other.file or imports(self, other) or imports(other, self)
        return mentioned and near


def imports(one: Station, other: Station) -> bool:
    """Whether a file imports the other one, or a package that passes it on."""
    return any(other.module == name or other.module.startswith(f"{name}.") for name in imported(one.file))


@cache
def definitions(file: str) -> dict[str, str]:
    """Source by name, of everything that a file defines: functions, classes and their methods, constants."""
    text = (ROOT / file).read_text()
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(text)):
        source = ast.get_source_segment(text, node) or "" if isinstance(node, ast.stmt) else ""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.setdefault(node.name, source)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {
                target.id: source for target in targets if isinstance(target, ast.Name) and target.id not in found
            }
    return found


@cache
def imported(file: str) -> frozenset[str]:
    """Every module that a file imports, or imports something from."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return frozenset(found - {"orders", "temporal_app"})


def trips() -> Iterator[tuple[str, int, list[Station]]]:
    for trip in TRIP.finditer((ROOT / "docs/architecture.md").read_text()):
        yield (
            trip["title"],
            int(trip["most"]),
            [Station(**one.groupdict()) for one in STATION.finditer(trip["stations"])],
        )


TRIPS = {title: (most, stations) for title, most, stations in trips()}


def test_four_trips_are_described() -> None:
    assert len(TRIPS) == 4


@pytest.mark.parametrize("title", TRIPS)
def test_every_name_is_defined_where_the_trip_says(title: str) -> None:
    _most, stations = TRIPS[title]

    missing = [str(station) for station in stations if not (ROOT / station.file).is_file() or not station.source]

    assert stations
    assert not missing


@pytest.mark.parametrize("title", TRIPS)
def test_every_name_is_mentioned_by_a_station_before_it(title: str) -> None:
    _most, stations = TRIPS[title]

    lost = [
        str(station)
        for number, station in enumerate(stations)
        if number and not any(before.leads_to(station) for before in stations[:number])
    ]

    assert not lost


@pytest.mark.parametrize("title", TRIPS)
def test_a_trip_is_no_longer_than_it_says(title: str) -> None:
    most, stations = TRIPS[title]

    files = list(dict.fromkeys(station.file for station in stations))

    assert len(files) <= most, "\n".join(files)
