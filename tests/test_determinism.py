"""
What runs in workflows gives the same commands whenever it is replayed: it looks at no clock, throws no dice, reaches
nothing outside and remembers nothing from one run to the next.

Temporal's sandbox does not watch modules that are passed through it (temporal_app/worker.py); these rules do.
Source of the list: the sandbox's own (`SandboxRestrictions.invalid_module_members_default`).
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ("orders/rules", "temporal_app/messages", "temporal_app/workflows")
FILES = ("temporal_app/failures.py", "temporal_app/names.py", "temporal_app/policies.py")

CLOCKS_AND_DICE = {"time", "random", "secrets", "uuid"}
OUTSIDE = {
    "http",
    "io",
    "os",
    "pathlib",
    "shutil",
    "signal",
    "socket",
    "ssl",
    "subprocess",
    "sys",
    "tempfile",
    "urllib",
}
THREADS = {"concurrent", "multiprocessing", "queue", "threading"}
MODULES = CLOCKS_AND_DICE | OUTSIDE | THREADS
CALLS = {"open", "print", "input", "now", "utcnow", "today", "to_thread", "run_in_executor", "id", "hash"}
ALLOWED = {"workflow.now", "workflow.time"}  # the clock of the history
ASYNCIO = {
    "Lock",
    "Semaphore",
    "Task",
    "CancelledError",
    "create_task",
    "gather",
    "wait_for",
    "sleep",
    "shield",
    "Future",
    "Event",
}
MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)


def modules() -> list[Path]:
    """Every file whose code runs in a workflow."""
    return sorted([ROOT / name for name in FILES] + [file for room in SHARED for file in (ROOT / room).rglob("*.py")])


def breaches(tree: ast.Module) -> list[str]:
    """What in a module could differ from one replay to the next, with its line."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            sources = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            found += [f"{node.lineno}: imports {one}" for one in sources if one.split(".")[0] in MODULES]
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.split(".")[-1] in CALLS and called not in ALLOWED:
                found.append(f"{node.lineno}: calls {called}")
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "asyncio" and node.attr not in ASYNCIO:
            found.append(f"{node.lineno}: asyncio.{node.attr} has an order of its own")
        if isinstance(node, ast.Global):
            found.append(f"{node.lineno}: changes what other runs share")
    return found


def kept_between_runs(tree: ast.Module) -> list[str]:
    """What a module could remember: a container that is no constant by its name."""
    return [
        f"{node.lineno}: {ast.unparse(target)} can change"
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, MUTABLE)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if not ast.unparse(target).lstrip("_").isupper() and ast.unparse(target) != "__all__"
    ]


def changed_constants(tree: ast.Module) -> list[str]:
    """Constants that a function changes: `NAME[key] = …`, `NAME.append(…)`, `NAME |= …`."""
    changers = {"append", "add", "update", "setdefault", "pop", "clear", "extend", "insert", "remove", "discard"}
    found = []
    for node in ast.walk(tree):
        places: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            places = [one.value for one in node.targets if isinstance(one, ast.Subscript)]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in changers:
            places = [node.func.value]
        elif isinstance(node, ast.Delete):
            places = [one.value for one in node.targets if isinstance(one, ast.Subscript)]
        found += [
            f"{place.lineno}: changes {place.id}"
            for place in places
            if isinstance(place, ast.Name) and place.id.isupper()
        ]
    return found


@pytest.mark.parametrize("check", [breaches, kept_between_runs, changed_constants])
def test_what_runs_in_workflows_is_the_same_whenever_it_is_replayed(check):
    guilty = {str(file.relative_to(ROOT)): check(ast.parse(file.read_text())) for file in modules()}

    assert not {name: found for name, found in guilty.items() if found}


@pytest.mark.parametrize(
    ("planted", "check"),
    [
        ("import time\nx = time.time()", breaches),
        ("from datetime import datetime\ndef f(): return datetime.now()", breaches),
        ("from uuid import uuid4", breaches),
        ("from os import environ", breaches),
        ("def f(): return open('x')", breaches),
        ("async def f(): await asyncio.wait([])", breaches),
        ("def f():\n    global n\n    n = 1", breaches),
        ("seen = {}", kept_between_runs),
        ("SEEN = {}\ndef f(): SEEN['x'] = 1", changed_constants),
        ("SEEN = []\ndef f(): SEEN.append(1)", changed_constants),
    ],
)
def test_a_planted_breach_is_found(planted, check):
    assert check(ast.parse(planted))
