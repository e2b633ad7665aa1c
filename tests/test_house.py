"""The house rules: what may import what, how long things may be, and words that have no place here."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("manage.py", "shop", "orders", "temporal_app", "tests")

# Floors from the ground up: a file imports from its own room or from rooms below. The first prefix that fits counts.
FLOORS = [
    ("rules", 0, ("orders.rules",)),
    ("messages", 1, ("temporal_app.messages", "temporal_app.names", "temporal_app.policies")),
    ("wire", 2, ("temporal_app.failures", "temporal_app.converter")),
    ("models", 2, ("orders.models", "orders.labels", "orders.migrations")),
    ("authorization", 3, ("orders.authorization",)),
    ("outside world", 3, ("orders.reconciliation", "orders.payments", "orders.shipping", "orders.mail")),
    ("connection", 3, ("temporal_app.connection",)),
    ("activities", 4, ("temporal_app.activities",)),
    ("workflows", 5, ("temporal_app.workflows",)),
    ("client", 6, ("temporal_app.client", "temporal_app.worker")),
    ("faces", 7, ("orders",)),
    ("wiring", 8, ("shop", "manage")),
    ("tests", 9, ("tests",)),
]
# The smallest parts of Django that these rooms may not know at all.
WITHOUT_DJANGO = ("orders.rules", "temporal_app.messages", "temporal_app.names", "temporal_app.policies")

FORBIDDEN = {
    "an `except Exception` hides bugs": (re.compile(r"except (Exception|BaseException)\b|except:"), ROOMS[:4]),
    "print( is not a log": (re.compile(r"\bprint\("), ROOMS[:4]),
    "unfinished work belongs into an issue": (re.compile(r"\b(TODO|FIXME|XXX)\b"), ROOMS),
    "only mutators of models save": (re.compile(r"\.save\("), ("shop", "temporal_app", "orders/views", "orders/admin")),
    "durations have names in policies.py": (re.compile(r"\btimedelta\("), ("temporal_app/workflows",)),
    "a place on somebody's machine": (re.compile(r"/wor[k]/|/hom[e]/|/roo[t]/"), ROOMS),
    "a test that does not run is no test": (re.compile(r"mark\.(skip|xfail)\b(?!.*reason)"), ("tests",)),
}
HOSTS = re.compile(r"pypi\.org|pythonhosted\.org|files\.pypi|--(extra-)?index-url|--find-links|npmjs\.")


def python_files(*rooms: str) -> list[Path]:
    places = [ROOT / room for room in rooms]
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*.py"))]
    return sorted(file for file in files if "migrations" not in file.parts and file.name != "test_house.py")


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(file: Path) -> set[str]:
    """Every module of ours that this file imports, wherever in the file it does so."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            for name in node.names:
                whole = f"{node.module}.{name.name}"
                found.add(whole if is_module(whole) else node.module or "")
    return found


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def ours(imports: set[str]) -> set[str]:
    return {name for name in imports if name.split(".")[0] in {"shop", "orders", "temporal_app", "tests"}}


def room_of(module: str) -> tuple[str, int]:
    for room, floor, prefixes in FLOORS:
        if any(module == prefix or module.startswith(f"{prefix}.") for prefix in prefixes):
            return room, floor
    return "packages", -1  # `temporal_app/__init__.py`, which holds nothing


def test_nothing_imports_from_a_room_above() -> None:
    upwards = []
    for file in python_files(*ROOMS):
        room, floor = room_of(module_name(file))
        for imported in ours(imports_of(file)):
            other, other_floor = room_of(imported)
            if other != room and other_floor >= floor:
                upwards.append(f"{file.relative_to(ROOT)} ({room}) imports {imported} ({other})")

    assert not upwards, "\n".join(upwards)


def test_no_two_files_import_each_other_in_a_circle() -> None:
    graph = {module_name(file): ours(imports_of(file)) for file in python_files(*ROOMS[1:4])}

    def circle_from(module: str, path: tuple[str, ...]) -> tuple[str, ...] | None:
        if module in path:
            return (*path[path.index(module) :], module)
        if module in done:
            return None
        for imported in sorted(graph.get(module, ())):
            if imported != module and (circle := circle_from(imported, (*path, module))):
                return circle
        done.add(module)
        return None

    done: set[str] = set()
    circles = [circle for module in sorted(graph) if (circle := circle_from(module, ()))]

    assert not circles, "\n".join(" -> ".join(circle) for circle in circles)


@pytest.mark.parametrize("room", WITHOUT_DJANGO)
def test_what_workflows_share_knows_no_django(room: str) -> None:
    place = ROOT.joinpath(*room.split("."))
    files = python_files(str(place if place.is_dir() else place.with_suffix(".py")))

    guilty = [file for file in files for name in imports_of(file) if name.split(".")[0] == "django"]

    assert files
    assert not guilty


def test_workflows_know_no_django() -> None:
    files = python_files("temporal_app/workflows")

    guilty = [file for file in files for name in imports_of(file) if name.split(".")[0] == "django"]

    assert files
    assert not guilty


def test_no_file_is_longer_than_300_lines() -> None:
    long = {
        str(file.relative_to(ROOT)): n
        for file in python_files(*ROOMS)
        if (n := len(file.read_text().splitlines())) > 300
    }

    assert not long


def test_no_function_is_longer_than_50_lines() -> None:
    long = []
    for file in python_files(*ROOMS):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > 50:
                    long.append(f"{file.relative_to(ROOT)}:{node.lineno} {node.name} has {length} lines")

    assert not long, "\n".join(long)


@pytest.mark.parametrize("why", FORBIDDEN)
def test_words_that_have_no_place_here(why: str) -> None:
    pattern, rooms = FORBIDDEN[why]

    found = [
        f"{file.relative_to(ROOT)}:{number} {line.strip()}"
        for file in python_files(*rooms)
        for number, line in enumerate(file.read_text().splitlines(), start=1)
        if pattern.search(line)
    ]

    assert not found, "\n".join(found)


def test_no_committed_file_names_a_registry_or_a_place_on_one_machine() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = [name for name in listed.stdout.decode().split("\0") if name and name != "tests/test_house.py"]

    guilty = []
    for name in names:
        text = (ROOT / name).read_bytes().decode(errors="replace") if (ROOT / name).is_file() else ""
        if HOSTS.search(text) or re.search(r"(?<![\w.])/wor[k]/", text):
            guilty.append(name)

    assert not guilty
