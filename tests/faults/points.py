"""The file of moments at which processes are to die, one a line, and the journal of what they did before they did."""

import fcntl
import os
import time
from pathlib import Path


def is_due(moment: str) -> bool:
    """Whether somebody is to die now; a line is good for one death."""
    return take(moment) is not None


def take(beginning: str) -> str | None:
    """The first line that is this, or begins with it and a space; it is taken out."""
    file = Path(os.environ["POINTS_FILE"])
    if not file.exists() or beginning not in file.read_text():
        return None
    with file.open("r+") as points:
        fcntl.flock(points, fcntl.LOCK_EX)
        lines = points.read().splitlines()
        found = next((line for line in lines if line == beginning or line.startswith(f"{beginning} ")), None)
        if found is None:
            return None
        lines.remove(found)
        points.seek(0)
        points.truncate()
        points.write("".join(f"{line}\n" for line in lines))
    return found


def note(*words: object) -> None:
    """A line in the journal, which many processes write: Unix seconds, and these words."""
    line = " ".join(map(str, [f"{time.time():.3f}", *words])) + "\n"
    with Path(os.environ["JOURNAL_FILE"]).open("a") as journal:
        journal.write(line)
