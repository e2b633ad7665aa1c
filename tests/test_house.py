"""The house rules: how long things may be, and words that have no place here. `make imports` sees what imports what."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("manage.py", "shop", "orders", "temporal_app", "tests")

FORBIDDEN = {
    "an `except Exception` hides bugs": (re.compile(r"except (Exception|BaseException)\b|except:"), ROOMS[:4]),
    "print( is not a log": (re.compile(r"\bprint\("), ROOMS[:4]),
    "unfinished work belongs into an issue": (re.compile(r"\b(TODO|FIXME|XXX)\b"), ROOMS),
    "only mutators of models save": (re.compile(r"\.save\("), ("shop", "temporal_app", "orders/views", "orders/admin")),
    "durations have names in policies.py": (re.compile(r"\btimedelta\("), ("temporal_app/workflows",)),
    "a place on somebody's machine": (re.compile(r"/wor[k]/|/hom[e]/|/roo[t]/"), ROOMS),
    "a test that does not run is no test": (re.compile(r"mark\.(skip|xfail)\b(?!.*reason)"), ("tests",)),
}
SETTERS = {"update", "amend", "advance"}  # `move_to` checks what they do not
STATE_COLUMNS = {"state", "status", "outcome"}
HOSTS = re.compile(r"pypi\.org|pythonhosted\.org|files\.pypi|--(extra-)?index-url|--find-links|npmjs\.")


def python_files(*rooms: str) -> list[Path]:
    places = [ROOT / room for room in rooms]
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*.py"))]
    return sorted(file for file in files if "migrations" not in file.parts and file.name != "test_house.py")


def sets_a_state(node: ast.AST) -> bool:
    """Whether it is `rows.update(state=…)` or `row.state = …`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in SETTERS and any(word.arg in STATE_COLUMNS for word in node.keywords)
    targets = node.targets if isinstance(node, ast.Assign) else []
    places = [place for target in targets for place in (target.elts if isinstance(target, ast.Tuple) else [target])]
    return any(isinstance(place, ast.Attribute) and place.attr in STATE_COLUMNS for place in places)


def test_a_state_is_changed_by_the_guarded_move_of_its_row_and_nowhere_else() -> None:
    guilty = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in python_files("orders", "temporal_app/activities", "shop")
        if file.relative_to(ROOT).parts[:2] != ("orders", "models")
        for node in ast.walk(ast.parse(file.read_text()))
        if sets_a_state(node)
    ]

    assert not guilty, "\n".join(guilty)


def test_no_file_is_longer_than_300_lines_and_no_workflow_than_400() -> None:
    lengths = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in python_files(*ROOMS)}

    long = {name: n for name, n in lengths.items() if n > (400 if name.startswith("temporal_app/workflows/") else 300)}

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
