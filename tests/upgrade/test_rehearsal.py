"""The rehearsal of an upgrade itself; `make upgrade-rehearsal` runs it from the commit before."""

import subprocess
import sys

import pytest

from tests.upgrade.earlier import ROOT, here, tree_of


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_what_this_commit_leaves_waiting_goes_on_with_this_tree() -> None:
    command = [sys.executable, "-m", "tests.upgrade.rehearse", "--since", "HEAD"]

    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("as it should") == 12


def test_an_earlier_commit_lies_in_a_folder_of_its_own_with_a_python_that_fits(tmp_path) -> None:
    tree = tree_of("HEAD", tmp_path / "earlier")

    assert (tree.folder / "tests" / "upgrade" / "leave.py").is_file()
    assert tree.python == here().python


def test_a_commit_that_is_none_is_said_in_a_line(tmp_path) -> None:
    with pytest.raises(SystemExit, match="no-such-commit"):
        tree_of("no-such-commit", tmp_path)
