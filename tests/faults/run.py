"""Carry orders through the shop while its processes die: `python -m tests.faults.run SCENARIO --data-dir DIR`.

Each scenario plays rows of the table of faults in a stack of its own. In the end everything has to add up; what does
not is printed, and what held is printed as rows for the table.
"""

import argparse
import json
import logging
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

from tests.faults.stack import STEP_TIMEOUT, Stack, running

SETTINGS: dict[str, dict[str, str]] = {"moments": {"STEP_TIMEOUT": str(STEP_TIMEOUT)}}


def main() -> int:
    """Read the command line, let it rain; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", choices=["moments", "outages", "database", "lines", "chaos", "impatient"])
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the stack ends with us
    say(f"seed {options.seed}")
    with running(options.data_dir, **SETTINGS.get(options.scenario, {})) as stack:
        os.environ |= {**stack.settings, "DJANGO_SETTINGS_MODULE": "shop.settings"}
        django.setup()
        logging.getLogger().setLevel(logging.ERROR)
        rows, wrong = scenario(options.scenario)(stack, random.Random(options.seed), options.rounds)
    for line in wrong:
        say(f"WRONG {line}")
    if not wrong:
        for row in rows:
            say(f"ROW {json.dumps(row)}")
    say("FAILED" if wrong else "Everything adds up.")
    return 1 if wrong else 0


def scenario(name: str) -> Callable[[Stack, random.Random, int], tuple[list[Any], list[str]]]:
    """What to play; it imports models, so only once Django is set up."""
    from tests.faults import scenarios

    play: Callable[[Stack, random.Random, int], tuple[list[Any], list[str]]] = getattr(scenarios, name)
    return play


def say(line: str) -> None:
    """A line for whoever watches."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
