"""German is complete: every marked text is translated, compiled, and keeps its placeholders. Needs no gettext."""

import ast
import re
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils.translation.template import templatize

MARKERS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "pgettext", "pgettext_lazy"}
WITH_CONTEXT = {"pgettext", "pgettext_lazy"}
IN_TEMPLATES = re.compile(r"""\b(n?p?gettext|_)\(\s*((?:u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")[\s,]*)+)""")
TEXT = re.compile(r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
ROOMS = ("orders", "shop", "temporal_app")
GERMAN = settings.BASE_DIR / "locale" / "de" / "LC_MESSAGES"

Catalogue = dict[str, list[str]]
"""By English text (after its context, where it has one): its translation, or one for each plural."""


def by_text(entries: list[polib.POEntry] | list[polib.MOEntry]) -> Catalogue:
    return {
        f"{entry.msgctxt}\x04{entry.msgid}" if entry.msgctxt else entry.msgid: (
            list(entry.msgstr_plural.values()) or [entry.msgstr]
        )
        for entry in entries
        if not entry.obsolete
    }


@pytest.fixture(scope="module")
def written() -> polib.POFile:
    return polib.pofile(str(GERMAN / "django.po"))


@pytest.fixture(scope="module")
def compiled() -> Catalogue:
    return by_text(polib.mofile(str(GERMAN / "django.mo")))


def marked_in_python(path: Path) -> set[str]:
    found = set()
    for call in ast.walk(ast.parse(path.read_text())):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if name in MARKERS and texts:
            found.add("\x04".join(texts[:2]) if name in WITH_CONTEXT else texts[0])
    return found


def marked_in_template(path: Path) -> set[str]:
    found = set()
    for name, arguments in IN_TEMPLATES.findall(templatize(path.read_text())):
        texts = [ast.literal_eval(text) for text in TEXT.findall(arguments)]
        found.add("\x04".join(texts[:2]) if name.startswith("p") else texts[0])
    return found


def everything_marked() -> dict[str, Path]:
    marked: dict[str, Path] = {}
    for room in ROOMS:
        for path in (settings.BASE_DIR / room).rglob("*.py"):
            marked |= dict.fromkeys(marked_in_python(path), path)
    for path in (settings.BASE_DIR / "templates").rglob("*.*"):
        marked |= dict.fromkeys(marked_in_template(path), path)
    return marked


def test_every_marked_text_is_translated(compiled: Catalogue) -> None:
    marked = everything_marked()

    missing = {text: path.name for text, path in marked.items() if text not in compiled}

    assert len(marked) > 300
    assert not missing, 'run "make messages", then translate what is empty in locale/de/LC_MESSAGES/django.po'


def test_nothing_is_translated_that_nobody_shows(written: polib.POFile) -> None:
    marked = everything_marked()

    assert [text for text in by_text(written) if text not in marked] == []


def test_a_translation_keeps_its_placeholders(compiled: Catalogue) -> None:
    wrong = {
        text: said
        for text, forms in compiled.items()
        for said in forms
        if set(PLACEHOLDER.findall(said)) != set(PLACEHOLDER.findall(text))
    }

    assert not wrong


def test_what_is_translated_is_compiled(written: polib.POFile, compiled: Catalogue) -> None:
    assert compiled == by_text(written), 'run "make messages"'


def test_no_translation_is_a_guess(written: polib.POFile) -> None:
    assert [entry.msgid for entry in written.fuzzy_entries()] == []
