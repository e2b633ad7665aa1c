"""What the README and `docs/` name is there: files, links, make targets, commands, settings."""

import ast
import importlib
import re
import textwrap
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
QUOTED = re.compile(r"`([^`\n]+)`")
PATH = re.compile(
    r"(?:orders|temporal_app|shop|tests|templates|locale|docs|deploy)/[\w./-]*|manage\.py|[\w-]+\.(?:md|toml|txt)"
)
MAKE = re.compile(r"(?:`|^    )make ([a-z-]+)", re.MULTILINE)
COMMAND = re.compile(r"manage\.py ([a-z_]+)")
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
OURS = {"orders", "shop", "temporal_app", "tests"}
SETTING = re.compile(r"^\| (`[A-Z].*?) \|", re.MULTILINE)


def named(pattern: re.Pattern[str]) -> Iterator[tuple[Path, str]]:
    """Everything that the pages say in a form, with the page that says it."""
    for page in PAGES:
        for found in pattern.findall(page.read_text()):
            yield page, found


def imports() -> Iterator[tuple[str, str, list[str]]]:
    """What the Python on the pages imports of ours: (page, module, names)."""
    for page, code in named(PYTHON):
        for node in ast.walk(ast.parse(textwrap.dedent(code)) if "import " in code else ast.Module([], [])):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in OURS:
                yield page.name, node.module, [name.name for name in node.names]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_every_link_leads_to_a_page_and_a_heading_that_are_there() -> None:
    lost = []
    for page, link in named(LINK):
        if link.startswith(("http://", "https://")):
            continue
        file, _, heading = link.partition("#")
        target = page.parent / file if file else page
        if not target.exists() or (heading and heading not in headings(target)):
            lost.append(f"{page.relative_to(ROOT)}: {link}")

    assert not lost


def headings(page: Path) -> set[str]:
    """Each heading as a link writes it."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_file_that_is_named_is_there() -> None:
    lost = [
        f"{page.relative_to(ROOT)}: {name}"
        for page, name in named(QUOTED)
        if PATH.fullmatch(name) and not (ROOT / name).exists()
    ]

    assert not lost


def test_every_make_target_that_is_named_is_there() -> None:
    lost = {name for _page, name in named(MAKE)} - targets()

    assert not lost


def test_every_command_that_is_named_is_there() -> None:
    lost = {name for _page, name in named(COMMAND)} - set(get_commands())

    assert not lost


@pytest.mark.parametrize(("page", "module", "names"), list(imports()), ids=str)
def test_what_the_code_on_a_page_imports_is_there(page: str, module: str, names: list[str]) -> None:
    found = importlib.import_module(module)

    assert not [name for name in names if not hasattr(found, name) and not find_spec(f"{module}.{name}")]


@pytest.mark.parametrize("place", ["shop/settings.py", "docs/configuration.md"])
def test_the_table_of_settings_and_the_code_name_the_same(place: str) -> None:
    read = set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", (ROOT / "shop/settings.py").read_text()))
    cells = SETTING.findall((ROOT / "docs/configuration.md").read_text())
    explained = {name for cell in cells for name in QUOTED.findall(cell)}
    theirs = {name for name in explained if name.startswith("TEMPORAL_") and name != "TEMPORAL_UI_URL"}

    missing = (read - explained) if place == "shop/settings.py" else (explained - theirs - read)

    assert not missing


def test_the_glossary_has_twenty_words_at_most() -> None:
    rows = [line for line in (ROOT / "docs/glossary.md").read_text().splitlines() if line.startswith("| ")]

    assert len(rows) <= 21  # one of them heads the table
