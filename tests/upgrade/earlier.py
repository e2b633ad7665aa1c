"""The shop at an earlier commit: its files in a folder of their own, and a Python that has what they need."""

import io
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")


@dataclass(frozen=True)
class Tree:
    """Files, and the command of the Python that runs them."""

    commit: str
    folder: Path
    python: tuple[str, ...]


def here() -> Tree:
    """The shop as it lies here, committed or not."""
    return Tree("this tree", ROOT, (sys.executable,))


def tree_of(ref: str, folder: Path) -> Tree:
    """The shop at `ref`, unpacked into `folder`. One from before there was a rehearsal gets this tree's way to leave
    orders."""
    commit = _git("rev-parse", "--short", ref).decode().strip()
    with tarfile.open(fileobj=io.BytesIO(_git("archive", commit))) as archive:
        archive.extractall(folder, filter="data")
    ours = ROOT / "tests" / "upgrade"
    if not (folder / "tests" / "upgrade" / "leave.py").exists():
        shutil.copytree(ours, folder / "tests" / "upgrade", dirs_exist_ok=True)
    return Tree(commit, folder, (_python_for(folder),))


def _python_for(folder: Path) -> str:
    """This Python, where the same is required; otherwise one of the tree's own."""
    if all((folder / name).read_bytes() == (ROOT / name).read_bytes() for name in REQUIREMENTS):
        return sys.executable
    subprocess.run([sys.executable, "-m", "venv", folder / ".venv"], check=True)
    python = folder / ".venv" / "bin" / "python"
    required = [word for name in REQUIREMENTS for word in ("-r", folder / name)]
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--require-hashes", *required], check=True)
    return str(python)


def _git(*arguments: str) -> bytes:
    ran = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    if ran.returncode:
        sys.exit(f"git {' '.join(arguments)}: {ran.stderr.decode().strip()}")
    return ran.stdout
