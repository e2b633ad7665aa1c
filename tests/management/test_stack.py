"""The programs of `manage.py dev`: what was started last is ended first, since it leans on the others."""

import signal
from pathlib import Path

import pytest

from orders.management.devstack import stack as stack_module
from orders.management.devstack.places import Places, python
from orders.management.devstack.stack import Stack

TIDY = """
import signal, sys
name, book = sys.argv[1:]
def stop(*_):
    with open(book, "a") as file:
        file.write(name + "\\n")
    sys.exit()
signal.signal(signal.SIGTERM, stop)
print("ready", flush=True)
while True:
    signal.pause()
"""


def test_the_programs_are_ended_one_after_the_other_last_started_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # this process keeps its own answer to Ctrl-C
    (tmp_path / "logs").mkdir()
    book = tmp_path / "book"

    with Stack(Places(0, 0, 0, tmp_path), say=lambda _line: None) as stack:
        for name in ("temporal", "worker", "web"):
            stack._start(name, python("-c", TIDY, name, str(book)), lambda child: child.has_said("ready"))

    assert book.read_text().split() == ["web", "worker", "temporal"]


def test_the_demo_says_how_far_it_is_and_one_that_ends_early_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(stack_module, "python", lambda *_: python("-c", "print('Demo: 3 of 9'); print('no'); exit(1)"))
    (tmp_path / "logs").mkdir()
    said: list[str] = []

    with Stack(Places(0, 0, 0, tmp_path), said.append) as stack:
        stack.fill()
        stack._filling.wait(30)
        stack._look_after_filling()

    assert said[0] == "[demo] Demo: 3 of 9"
    assert said[1].startswith("[demo] not all of it is there: no (see ")
    assert len(said) == 2
