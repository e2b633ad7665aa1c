"""The file of moments at which processes are to die, one a line, and the journal of what they did before they did."""

import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


def is_due(moment: str) -> bool:
    """Whether somebody is to die now; a line is good for one death."""
    return take(moment) is not None


def take(beginning: str) -> str | None:
    """The first line that is this, or begins with it and a space; it is taken out."""
    file = Path(os.environ["POINTS_FILE"])
    if not file.exists() or beginning not in file.read_text():
        return None
    with _alone(file):
        lines = file.read_text().splitlines()
        found = next((line for line in lines if line == beginning or line.startswith(f"{beginning} ")), None)
        if found is not None:
            lines.remove(found)
            _replace(file, lines)
    return found


def write(file: Path, lines: Iterable[str]) -> None:
    """Have these moments wanted, and no others."""
    with _alone(file):
        _replace(file, lines)


def add(file: Path, lines: Iterable[str]) -> None:
    """Have these moments wanted too."""
    with _alone(file):
        _replace(file, [*(file.read_text().splitlines() if file.exists() else []), *lines])


def _replace(file: Path, lines: Iterable[str]) -> None:
    """All at once: whoever reads meanwhile, without asking, sees all of it, before or after."""
    new = file.with_suffix(".new")
    new.write_text("".join(f"{line}\n" for line in lines))
    new.replace(file)


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    with file.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def note(*words: object) -> None:
    """A line in the journal, which many processes write: Unix seconds, and these words."""
    line = " ".join(map(str, [f"{time.time():.3f}", *words])) + "\n"
    with Path(os.environ["JOURNAL_FILE"]).open("a") as journal:
        journal.write(line)


def busyness() -> float:
    """How many times longer than usual things take, because the machine has more to do than processors; 1 or more."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
