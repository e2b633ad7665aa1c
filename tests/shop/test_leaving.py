"""A process ends with the code that its work had, and no thread of somebody else's can change that."""

import subprocess
import sys

import pytest
from django.conf import settings

LEAVE = """
import atexit, sys
from shop.leaving import run_and_leave
atexit.register(lambda: print("the interpreter is being taken down"))
def work():
    print("done")
    {work}
run_and_leave(work)
"""


def leave(work: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LEAVE.format(work=work)]
    return subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("work", "code", "said"),
    [
        ("pass", 0, ""),
        ("sys.exit()", 0, ""),
        ("sys.exit(3)", 3, ""),
        ("sys.exit('words')", 1, "words\n"),
        ("raise KeyboardInterrupt", 130, ""),
    ],
)
def test_a_process_ends_with_the_code_of_its_work_and_takes_nothing_down(work: str, code: int, said: str) -> None:
    ended = leave(work)

    assert (ended.returncode, ended.stdout, ended.stderr) == (code, "done\n", said)


def test_a_bug_is_still_told_with_its_trace() -> None:
    ended = leave("1 / 0")

    assert ended.returncode == 1
    assert "ZeroDivisionError" in ended.stderr
