"""German is complete: every marked text is translated, compiled, and keeps its placeholders. Needs no gettext."""

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation.template import templatize

MARKERS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "pgettext", "pgettext_lazy"}
WITH_CONTEXT = {"pgettext", "pgettext_lazy"}
IN_TEMPLATES = re.compile(r"""\b(n?p?gettext|_)\(\s*((?:u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")[\s,]*)+)""")
TEXT = re.compile(r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
ROOMS = ("orders", "shop", "temporal_app")
MO = settings.BASE_DIR / "locale" / "de" / "LC_MESSAGES" / "django.mo"


@pytest.fixture(scope="module")
def german() -> dict:
    """What the compiled catalogue holds, by English text (after its context, where it has one)."""
    with MO.open("rb") as compiled:
        return gettext.GNUTranslations(compiled)._catalog


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
    marked = {}
    for room in ROOMS:
        for path in (settings.BASE_DIR / room).rglob("*.py"):
            marked |= dict.fromkeys(marked_in_python(path), path)
    for path in (settings.BASE_DIR / "templates").rglob("*.*"):
        marked |= dict.fromkeys(marked_in_template(path), path)
    return marked


def translation(german: dict, text: str) -> list[str]:
    """The German forms of a text: one, or one for each plural."""
    return [german[key] for key in (text, (text, 0), (text, 1)) if key in german]


def test_every_marked_text_is_translated(german: dict) -> None:
    marked = everything_marked()

    missing = {text: path.name for text, path in marked.items() if not translation(german, text)}

    assert len(marked) > 300
    assert not missing, 'run "make messages", then translate what is empty in locale/de/LC_MESSAGES/django.po'


def test_a_translation_keeps_its_placeholders(german: dict) -> None:
    wrong = {
        text: said
        for text in everything_marked()
        for said in translation(german, text)
        if set(PLACEHOLDER.findall(said)) != set(PLACEHOLDER.findall(text))
    }

    assert not wrong


def test_no_translation_is_a_guess() -> None:
    assert "fuzzy" not in MO.with_suffix(".po").read_text()
