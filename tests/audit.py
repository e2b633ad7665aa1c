"""Ask a public list of weaknesses (OSV's, or another of its kind) about every version that the requirements pin.

    python -m tests.audit    # exit code 0: none is known; 1: some are, named; 2: the list could not be asked

`AUDIT_URL` names another address of such a list. It gets the names and versions of what is pinned, and nothing else.
"""

import json
import os
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^([a-z0-9-]+)==([^\s;]+)", re.MULTILINE)
LIST = "https://api.osv.dev"
PATIENCE_SECONDS = 30


def pinned() -> list[tuple[str, str]]:
    """What is installed, as (name, version)."""
    files = (ROOT / "requirements.txt", ROOT / "requirements-dev.txt")
    return sorted({found for file in files for found in PINNED.findall(file.read_text())})


def weaknesses(versions: list[tuple[str, str]], where: str) -> dict[tuple[str, str], list[str]]:
    """The ids of what is known of each of them; what nothing is known of is left out.

    :raises OSError: the list is out of reach
    :raises ValueError: it answers something else than such a list does
    """
    queries = [{"package": {"name": name, "ecosystem": "PyPI"}, "version": version} for name, version in versions]
    request = urllib.request.Request(
        f"{where}/v1/querybatch", json.dumps({"queries": queries}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        results = json.load(answer).get("results", [])
    if len(results) != len(versions):
        raise ValueError(f"{len(results)} answers to {len(versions)} questions")
    known = zip(versions, results, strict=True)
    return {version: [one["id"] for one in result["vulns"]] for version, result in known if result.get("vulns")}


def main() -> int:
    where, versions = os.environ.get("AUDIT_URL", LIST), pinned()
    try:
        found = weaknesses(versions, where)
    except (OSError, ValueError) as problem:
        sys.stderr.write(f"NOT AUDITED: {where} could not be asked ({problem}); nothing is known either way\n")
        return 2
    for (name, version), ids in found.items():
        sys.stdout.write(f"{name} {version}: {', '.join(ids)}\n")
    sys.stdout.write(f"{len(versions)} versions are pinned; weaknesses are known of {len(found)}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
