"""Carry every order of a Northwind folder through a running shop:

    python -m tests.journeys.northwind DIR --base-url URL

The shop must run on this machine (`make run`); its database and its Temporal are found through `dev.json` in its data
folder, or through `DATABASE_URL` and `TEMPORAL_*` where `--data-dir` has none.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import django
import requests

AT_ONCE = 8
TABLES = ("customers.csv", "order-details.csv", "orders.csv", "products.csv")


def main() -> int:
    """Read the command line, carry the orders, print the table; returns the exit code."""
    parser = argparse.ArgumentParser(description="Carry every order of a Northwind folder through a running shop.")
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--data-dir", type=Path, default=Path(".data"), help="the running shop's (default .data)")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help=f"customers at once (default {AT_ONCE})")
    options = parser.parse_args()
    if missing := [name for name in TABLES if not (options.folder / name).is_file()]:
        parser.error(f"DIR: there is no {', '.join(missing)} in {options.folder}")
    if not use_the_shop_in(options.data_dir):
        parser.error(f"--data-dir: no shop is running on {options.data_dir}; name the folder of the one that is")
    if not answers(options.base_url):
        parser.error(f"--base-url: no shop answers at {options.base_url}")
    django.setup()

    from tests.journeys.carrying import Journey

    begun = time.monotonic()
    journey = Journey.prepare(options.folder, options.base_url.rstrip("/"))
    with ThreadPoolExecutor(options.at_once) as customers:
        list(customers.map(journey.carry_customer, journey.customers()))
    failures = [*journey.failures, *journey.check_books()]
    sys.stdout.write(table(journey.counts, len(journey.orders), time.monotonic() - begun))
    for failure in failures:
        sys.stderr.write(f"FAILED {failure}\n")
    sys.stdout.write("FAILED\n" if failures else "All orders passed: totals to the cent, delivered, stock adds up.\n")
    return 1 if failures else 0


def use_the_shop_in(data_dir: Path) -> bool:
    """Point this process at the running shop's database and Temporal; False where nobody says where they are."""
    about = data_dir / "dev.json"
    if about.exists():
        os.environ.update(json.loads(about.read_text())["environment"])
    elif "DATABASE_URL" not in os.environ:
        return False
    os.environ.setdefault("DJANGO_DEBUG", "true")
    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
    return True


def answers(base_url: str) -> bool:
    """Whether a shop, with its database and Temporal, is there."""
    try:
        return requests.get(f"{base_url.rstrip('/')}/readyz", timeout=10).ok
    except requests.RequestException:
        return False


def table(counts: Counter[str], expected: int, seconds: float) -> str:
    """What happened, a line each."""
    rows = ["orders read", "placed", "no approval", "manager", "manager, director", "manager, director, vp"]
    rows += ["paid", "shipped", "delivered"]
    figures = {**counts, "orders read": expected}
    lines = [f"{name:<24}{figures.get(name, 0):>8}" for name in rows]
    return "\n".join([*lines, f"{'seconds':<24}{seconds:>8.1f}", ""])


if __name__ == "__main__":
    sys.exit(main())
