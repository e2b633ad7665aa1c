"""Carry orders through the shop while its processes die: `python -m tests.faults.run SCENARIO --data-dir DIR`.

`moments`: the worker dies once at every moment of a list, whichever order comes there first. `random`: worker, web
server, Temporal and PostgreSQL are killed by chance. `impatient`: nobody asks a second time. In the end everything has
to add up; what does not is printed.
"""

import argparse
import logging
import os
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import django

from tests.faults.stack import Stack, running

MOMENTS = """
after place_order
after reserve_stock
called hold
after hold_payment
called charge
after charge_card
called capture
after capture_payment
after match_payment_event
called book
after schedule_shipping
after record_shipped
after record_delivered
after complete_order
after open_approval
after record_decision
after end_approval
after add_line
after begin_undo
called release
called refund
called cancel
after return_money
after release_stock
after record_cancelled
after send_notifications
after place_order server
after add_line server
after record_decision server
after begin_undo server
after capture_payment server
after record_shipped server
"""
PARTS = ("worker", "worker", "web", "temporal", "postgres")
SETTLED_WITHIN = 180.0
AT_ONCE = 16


def main() -> int:
    """Read the command line, let it rain; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", choices=["moments", "random", "impatient"])
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--orders", type=int, default=24)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    logging.disable(logging.INFO)
    say(f"seed {options.seed}")
    with running(options.data_dir) as stack:
        os.environ |= {**stack.settings, "DJANGO_SETTINGS_MODULE": "shop.settings"}
        django.setup()
        logging.getLogger().setLevel(logging.ERROR)
        chance = random.Random(options.seed)
        if options.scenario == "impatient":
            wrong = impatience(stack, chance)
        else:
            rain = moments(stack) if options.scenario == "moments" else chaos(stack, chance, options.kills)
            wrong = carry(stack, chance, options.orders, rain)
    for line in wrong:
        say(f"WRONG {line}")
    say("FAILED" if wrong else "Everything adds up.")
    return 1 if wrong else 0


def carry(stack: Stack, chance: random.Random, orders: int, rain: Callable[[], bool]) -> list[str]:
    """Have people carry orders while it rains; returns what does not add up in the end."""
    from tests.faults import people

    before = people.stock_up()
    plans = [people.PLANS[turn % len(people.PLANS)] for turn in range(orders)]
    persons = [people.Person(stack.places.shop, plan, random.Random(chance.random())) for plan in plans]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        carried = [threads.submit(person.carry) for person in persons]
        while not all(one.done() for one in carried):
            if not rain():
                stack.revive()
            time.sleep(0.1)
    return [*failures(persons, carried), *settle(stack, before)]


def impatience(stack: Stack, chance: random.Random) -> list[str]:
    """Nobody asks a second time; returns what does not add up in the end."""
    from tests.faults import impatient, people

    before = people.stock_up()
    impatient.ask_once(stack, people.Person(stack.places.shop, "", chance))
    return settle(stack, before)


def settle(stack: Stack, before: dict[str, int]) -> list[str]:
    """Wait until nothing moves any more; returns what does not add up then."""
    from tests.faults import books, people

    patience = time.monotonic() + SETTLED_WITHIN
    while not people.persist(books.settled) and time.monotonic() < patience:
        stack.revive()
        time.sleep(1)
    time.sleep(2)  # for workflows to end after their last row
    say(summary())
    missed = stack.points_file.read_text().splitlines() if stack.points_file.exists() else []
    return [
        *(f"the moment never came: {moment}" for moment in missed),
        *books.mismatches(before, stack.places.data_dir / "mail"),
    ]


def failures(persons: list, carried: list[Future]) -> list[str]:
    """What went wrong for the people themselves."""
    return [
        f"{person.plan} {person.story}: {one.exception()!r}"
        for person, one in zip(persons, carried, strict=True)
        if one.exception()
    ]


def moments(stack: Stack) -> Callable[[], bool]:
    """Die once at each moment of the list."""
    stack.points_file.write_text(MOMENTS.strip() + "\n")
    return lambda: False


def chaos(stack: Stack, chance: random.Random, kills: int) -> Callable[[], bool]:
    """Kill something now and then, so many times in all, and start it again a little later."""
    left, due, down_until = kills, time.monotonic() + 3, 0.0

    def rain() -> bool:
        nonlocal left, due, down_until
        now = time.monotonic()
        if now < down_until:
            return True  # let it be away for a while
        if left and now >= due:
            left -= 1
            part = chance.choice(PARTS)
            say(f"killed {part}")
            if part == "postgres":
                stack.restart_postgres()
            else:
                stack.kill(part)
                down_until = now + chance.uniform(0, 3)
            due = now + chance.uniform(2, 7)
            return True
        return False

    return rain


def summary() -> str:
    """How many orders are how far."""
    from django.db.models import Count

    from orders.models import Order

    rows = Order.objects.values_list("status", "waiting_for").annotate(n=Count("pk")).order_by("status")
    return ", ".join(f"{n} {status} {waits}".strip() for status, waits, n in rows)


def say(line: str) -> None:
    """A line for whoever watches."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
